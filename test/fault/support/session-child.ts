/**
 * One end of a session in a process of its own; messages go through its parent.
 *
 *     node session-child.ts receiver|sender SEED PEER-PUBLIC-KEY (both in hexadecimal digits)
 *
 * @module
 */
import {
  connectReceiver,
  connectSender,
  FragmentReceiver,
  FragmentSender,
} from '../../../src/fragment/session/index.ts';
import { SignPrivateKey, SignPublicKey } from '../../../src/sign/index.ts';

const [role, seed, peerKey] = process.argv.slice(2) as [string, string, string];
const signer = SignPrivateKey.fromSeed(new Uint8Array(Buffer.from(seed, 'hex')));
const peer = SignPublicKey.fromBytes(new Uint8Array(Buffer.from(peerKey, 'hex')));
const say = (message: object) => void process.send?.(message);

const transport = {
  send: (message: Uint8Array) => say({ wire: Buffer.from(message).toString('base64') }),
  onMessage(listener: (message: Uint8Array) => void) {
    process.on('message', ({ wire }: { wire?: string }) => {
      if (wire !== undefined) listener(new Uint8Array(Buffer.from(wire, 'base64')));
    });
    return () => {};
  },
  close: async () => {},
};

if (role === 'receiver') {
  const receiver = await FragmentReceiver.create({ identity: { signer }, peer, heartbeatMs: 200 });
  connectReceiver(receiver, transport, ({ data }) => say({ got: new DataView(data.buffer).getUint32(0) }));
  setInterval(() => say({ counters: receiver.counters }), 100);
} else {
  const sender = await FragmentSender.create({ identity: { signer }, peer });
  const link = connectSender(sender, transport);
  setInterval(() => say({ counters: sender.counters }), 100);
  for (let number = 1; ; number++) {
    const data = new Uint8Array(4);
    new DataView(data.buffer).setUint32(0, number);
    // Time may go lost between the handshake and the sealing.
    await link.send(data, { threshold: 2, total: 3 }).then(
      () => say({ sent: number }),
      () => {},
    );
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
