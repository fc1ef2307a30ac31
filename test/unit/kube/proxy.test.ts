import { describe, expect, test } from 'vitest';
import { proxyFor } from '../../../src/kube/proxy.ts';

const eks = 'https://0A1B2C3D.gr7.eu-west-1.eks.amazonaws.com';
const company = { HTTPS_PROXY: 'http://proxy.acme.example:3128' };

describe('the proxy on the way to an API server', () => {
  test.each<[sentence: string, server: string, env: object, proxy: string | undefined]>([
    ['that of HTTPS_PROXY', eks, company, 'http://proxy.acme.example:3128'],
    ['that of https_proxy', eks, { https_proxy: 'http://small:3128' }, 'http://small:3128'],
    ['one without a scheme', eks, { HTTPS_PROXY: 'proxy:3128' }, 'http://proxy:3128'],
    ['that of HTTP_PROXY, for a server without TLS', 'http://10.0.0.1:8080', { HTTP_PROXY: 'http://plain:3128' }, 'http://plain:3128'],
    ['none, where only that of the other scheme is named', eks, { HTTP_PROXY: 'http://plain:3128' }, undefined],
    ['none, where nothing is named', eks, {}, undefined],
    ['none, where what is named is none', eks, { HTTPS_PROXY: 'http://' }, undefined],
    ['none to what is no URL', 'my server', company, undefined],
    ['none to localhost', 'https://localhost:6443', company, undefined],
    ['none to a loopback address', 'https://127.0.0.1:6443', company, undefined],
    ['none to that of IPv6', 'https://[::1]:6443', company, undefined],
  ])('is %s', (_sentence, server, env, proxy) => {
    expect(proxyFor(server, env as Record<string, string>)).toBe(proxy);
  });

  test.each<[noProxy: string, server: string, isExcepted: boolean]>([
    ['*', eks, true],
    ['eks.amazonaws.com', eks, true],
    ['.eks.amazonaws.com', eks, true],
    ['*.eks.amazonaws.com', eks, true],
    ['EKS.amazonaws.com', eks, true],
    ['local, .svc , eu-west-1.eks.amazonaws.com', eks, true],
    ['ks.amazonaws.com', eks, false],
    ['api.acme.example', 'https://api.acme.example', true],
    ['.api.acme.example', 'https://api.acme.example', false],
    ['api.acme.example:6443', 'https://api.acme.example:6443', true],
    ['api.acme.example:443', 'https://api.acme.example', true],
    ['api.acme.example:443', 'https://api.acme.example:6443', false],
    ['10.0.0.1', 'https://10.0.0.1:6443', true],
    ['10.0.0.1', 'https://10.0.0.11:6443', false],
    ['10.0.0.0/8', 'https://10.1.2.3:6443', true],
    ['10.0.0.0/8', 'https://11.1.2.3:6443', false],
    ['10.0.0.0/8', eks, false],
    ['10.0.0.0/99', 'https://10.1.2.3:6443', false],
    ['fd00::/8', 'https://[fd12::1]:6443', true],
    ['fd12::1', 'https://[fd12::1]:6443', true],
    ['fd12:0:0::1', 'https://[fd12::1]:6443', true],
    ['0.1', 'https://10.0.0.1:6443', false],
    [':443', eks, false],
    ['', eks, false],
  ])('NO_PROXY=%s for %s: %s', (noProxy, server, isExcepted) => {
    expect(proxyFor(server, { ...company, NO_PROXY: noProxy }) === undefined).toBe(isExcepted);
  });
});
