import {
  createTransport,
  type FragmentTransport,
  messagePortTransport,
  redisTransport,
  socketTransport,
  transportPair,
} from '@mwrasp/crypto/fragment/transport';

declare const transport: FragmentTransport;
declare const bytes: Uint8Array;

// @ts-expect-error a text is sent as bytes of an encoding that the caller chose
await transport.send('text');
// @ts-expect-error a listener is a function
transport.onMessage(bytes);
// @ts-expect-error what comes is bytes
transport.onMessage((message: string) => message);
// @ts-expect-error a pair has no third end
export const [, , third] = transportPair();
// @ts-expect-error the unit is in the name
transportPair({ maxMessage: 100 });
// @ts-expect-error a driver has to close
createTransport({ name: 'mine', send: () => undefined });
// @ts-expect-error a URL is no socket
socketTransport('tcp://127.0.0.1:1');
// @ts-expect-error bytes are no port
messagePortTransport(bytes);
// @ts-expect-error two channels are needed
await redisTransport({ url: 'redis://127.0.0.1' });
// @ts-expect-error a transport is a promise until it is awaited
export const early: FragmentTransport = redisTransport({ url: 'redis://127.0.0.1', send: 'a', receive: 'b' });
