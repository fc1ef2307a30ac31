import { appendFileSync } from 'node:fs';
import net from 'node:net';

// Loaded before a program (--import): writes down every address that it, or a thread of it, tries to connect to.

const file = process.env.CONNECTIONS_FILE ?? '';
const connect = net.Socket.prototype.connect as (this: net.Socket, ...args: unknown[]) => net.Socket;

net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
  this.on('connectionAttempt', (address: string, port: number) => appendFileSync(file, `${address}:${port}\n`));
  return connect.apply(this, args);
} as typeof net.Socket.prototype.connect;
