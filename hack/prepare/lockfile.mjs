/**
 * Do two lockfiles install the same here? Packages of foreign platforms do not count: a registry that lacks them makes npm leave them out,
 * one that has them makes npm write them in, and neither installs them.
 */
export function saysTheSame(one, other) {
  return JSON.stringify(withoutForeign(one)) === JSON.stringify(withoutForeign(other));
}

function withoutForeign(text) {
  const { packages = {}, ...rest } = JSON.parse(text);
  return { ...rest, packages: Object.fromEntries(Object.entries(packages).filter(([, entry]) => !isForeign(entry))) };
}

const isForeign = ({ optional, os, cpu, libc }) =>
  optional === true && (lacks(os, process.platform) || lacks(cpu, process.arch) || libc !== undefined);

const lacks = (list, own) => list !== undefined && !list.includes(own);
