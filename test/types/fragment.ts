import { inspectFragment, TemporalVault } from '@mwrasp/crypto/fragment';

declare const vault: TemporalVault;
declare const bytes: Uint8Array;

// A vault is made by its static method, with a time to live in milliseconds.
// @ts-expect-error the constructor is not for callers
new TemporalVault(100, 25);
// @ts-expect-error a vault is a promise until it is awaited
export const early: TemporalVault = TemporalVault.create();
// @ts-expect-error the unit is in the name
await TemporalVault.create({ ttl: 100 });
// @ts-expect-error a time is a number
await TemporalVault.create({ ttlMs: '100 ms' });
// @ts-expect-error a time to live is not passed alone
await TemporalVault.create(100);
// @ts-expect-error a clock has two hands
await TemporalVault.create({ clock: { wallMs: () => 0 } });
// @ts-expect-error a clock answers with a number
await TemporalVault.create({ clock: { wallMs: () => 0, monotonicMs: () => 'now' } });

// Data are bytes, fragments are all that comes back.
// @ts-expect-error a text is no data
vault.split('text');
// @ts-expect-error the data are missing
vault.split();
// @ts-expect-error a number of fragments has its name
vault.split(bytes, 3);
// @ts-expect-error an option that does not exist
vault.split(bytes, { shares: 3 });
// @ts-expect-error fragments are several
export const one: Uint8Array = vault.split(bytes);
// @ts-expect-error a fragment alone is no list
vault.reassemble(bytes);
// @ts-expect-error texts are no fragments
vault.reassemble(['text']);
// @ts-expect-error the key is the vault's own
vault.reassemble([bytes], bytes);
// @ts-expect-error a list has no header, a fragment has
inspectFragment([bytes]);

// What is told is read-only, and a key does not come out.
// @ts-expect-error a time to live is not made longer
vault.ttlMs = 60_000;
// @ts-expect-error nor an epoch
vault.epochMs = 1;
// @ts-expect-error what a fragment says of itself is read-only
inspectFragment(bytes).epoch = 0;
// @ts-expect-error there is no key to be had
export const key: Uint8Array = vault.key;

// What only looks alike does not fit.
// @ts-expect-error secrecy is one of two words
vault.split(bytes, { secrecy: 'high' });
// @ts-expect-error many messages are many
vault.splitMany(bytes);
// @ts-expect-error sets of fragments are lists of lists
vault.reassembleMany([bytes]);
// @ts-expect-error a context is bytes
vault.reassemble([bytes], { context: 'label' });
// @ts-expect-error a receipt is signed by a key
await vault.receipt(bytes);
