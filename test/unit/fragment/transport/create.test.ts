import diagnostics from 'node:diagnostics_channel';
import {
  createTransport,
  type TransportDiagnostic,
  type TransportEvent,
} from '@mwrasp/crypto/fragment/transport';
import { describe, expect, it } from 'vitest';
import { rejectionOf, thrownBy } from '../../../support/errors.ts';
import { collectFrom, pattern } from './contract.ts';

describe('a transport of one’s own', () => {
  it('sends, receives and closes through the driver, which stays itself', async () => {
    class Bus {
      readonly name = 'bus';
      readonly sent: Uint8Array[] = [];
      closed = 0;
      listened = 0;
      send(message: Uint8Array) {
        this.sent.push(message.slice());
      }
      close() {
        this.closed++;
      }
      listening() {
        this.listened++;
      }
    }
    const bus = new Bus();
    const { transport, receive } = createTransport(bus);
    expect(transport.send(pattern(3))).toBeUndefined();
    expect(bus.sent).toEqual([pattern(3)]);
    const received = collectFrom(transport);
    collectFrom(transport);
    expect(bus.listened).toBe(1);
    receive(pattern(4));
    expect(received).toEqual([pattern(4)]);
    await Promise.all([transport.close(), transport.close()]);
    expect(bus.closed).toBe(1);
    receive(pattern(5));
    expect(received).toHaveLength(1);
  });

  it('makes an error of what the driver throws', async () => {
    const problem = new Error('no route');
    const sync = createTransport({
      name: 'sync',
      send: () => {
        throw problem;
      },
      close: () => undefined,
    });
    expect(thrownBy(() => sync.transport.send(pattern(1)))).toMatchObject({
      name: 'TransportError',
      code: 'ERR_TRANSPORT_IO',
      cause: problem,
    });
    const events: TransportEvent[] = [];
    const later = createTransport(
      { name: 'later', send: () => Promise.reject(problem), close: () => Promise.reject(problem) },
      { onEvent: (event) => void events.push(event) },
    );
    expect(await rejectionOf(async () => later.transport.send(pattern(1)))).toMatchObject({ cause: problem });
    await later.transport.close();
    expect(events.map(({ type }) => type)).toEqual(['error', 'closed']);
  });

  it('bounds what waits to be sent, and frees it when it is sent or fails', async () => {
    const settle: { resolve: () => void; reject: (error: Error) => void }[] = [];
    const driver = {
      name: 'slow',
      send: () => new Promise<void>((resolve, reject) => void settle.push({ resolve, reject })),
      close: () => undefined,
    };
    const { transport } = createTransport(driver, { maxBufferedBytes: 100 });
    const large = transport.send(pattern(500));
    expect(thrownBy(() => transport.send(pattern(1)))).toMatchObject({ code: 'ERR_TRANSPORT_FULL' });
    settle[0]?.resolve();
    await large;
    const first = transport.send(pattern(60));
    const second = transport.send(pattern(40));
    expect(thrownBy(() => transport.send(pattern(1)))).toMatchObject({ code: 'ERR_TRANSPORT_FULL' });
    settle[1]?.reject(new Error('lost'));
    await rejectionOf(() => first as Promise<void>);
    const third = transport.send(pattern(60));
    let isClosed = false;
    const closing = transport.close().then(() => {
      isClosed = true;
    });
    settle[2]?.resolve();
    await second;
    expect(isClosed).toBe(false);
    settle[3]?.resolve();
    await Promise.all([third, closing]);
    expect(isClosed).toBe(true);
  });

  it('tells events to its maker and on the channel', async () => {
    const told: TransportDiagnostic[] = [];
    const listener = (message: unknown) => void told.push(message as TransportDiagnostic);
    diagnostics.subscribe('mwrasp-crypto:transport', listener);
    const events: TransportEvent[] = [];
    const { transport, tell } = createTransport(
      { name: 'told', send: () => undefined, close: () => undefined },
      { onEvent: (event) => void events.push(event) },
    );
    tell({ type: 'disconnected' });
    tell({ type: 'connected' });
    tell({ type: 'closed' });
    tell({ type: 'closed' });
    await transport.close();
    diagnostics.unsubscribe('mwrasp-crypto:transport', listener);
    expect(events.map(({ type }) => type)).toEqual(['disconnected', 'connected', 'closed']);
    expect(told).toEqual(events.map((event) => ({ transport: 'told', event })));
    expect(thrownBy(() => transport.send(pattern(1)))).toMatchObject({
      code: 'ERR_TRANSPORT_CLOSED',
      message: 'the told transport is closed',
    });
    expect(thrownBy(() => tell({ type: 'other' } as never))).toMatchObject({ argument: 'event' });
  });
});
