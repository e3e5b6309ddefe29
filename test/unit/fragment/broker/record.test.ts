import { QuorumError } from '@mwrasp/crypto';
import { describe, expect, it } from 'vitest';
import {
  isMessageOf,
  isShareOf,
  makeRecords,
  messageOverheadBytes,
  openMessage,
  readShare,
} from '../../../../src/fragment/broker/record.ts';
import { readMessage, type Subject, writeMessage } from '../../../../src/fragment/broker/wire.ts';
import type { Share } from '../../../../src/shamir.ts';
import { thrownBy } from '../../../support/errors.ts';
import { pattern } from '../transport/contract.ts';

const subject: Subject = { id: pattern(16), receiver: pattern(32, 9), threshold: 3, total: 5 };
const data = pattern(1000);

function sharesOf({ message, shares }: ReturnType<typeof makeRecords>): Share[] {
  return shares.map((record) => readShare(record, message, subject) as Share);
}

describe('records of a message', () => {
  it('open with any shares of the threshold, and with more', () => {
    const records = makeRecords(data, subject);
    const shares = sharesOf(records);
    expect(records.message.length).toBe(data.length + messageOverheadBytes(5));
    for (const picked of [
      [0, 1, 2],
      [4, 2, 0],
      [1, 3, 4],
      [0, 1, 2, 3, 4],
    ]) {
      const some = picked.map((i) => shares[i] as Share);
      expect(openMessage(records.message, some, subject)).toEqual(data);
    }
  });

  it('do not open with fewer, nor with one that is another', () => {
    const records = makeRecords(data, subject);
    const shares = sharesOf(records);
    expect(thrownBy(() => openMessage(records.message, shares.slice(0, 2), subject))).toBeInstanceOf(
      QuorumError,
    );
    const fewer = { ...subject, threshold: 2 };
    expect(openMessage(records.message, shares.slice(0, 2), fewer)).toBeUndefined();
    const [first, second, third] = shares as [Share, Share, Share];
    const other = { x: third.x, y: third.y.map((byte) => byte ^ 1) };
    expect(openMessage(records.message, [first, second, other], subject)).toBeUndefined();
  });

  it('say nothing of the data without shares: no byte is the same in two of them', () => {
    const [a, b] = [makeRecords(data, subject), makeRecords(data, subject)];
    const sealedAt = a.message.length - data.length - 16;
    const same = a.message.filter((byte, i) => i >= sealedAt && byte === b.message[i]).length;
    expect(same).toBeLessThan(data.length / 20);
  });

  it('are told from those of another message, and from changed ones', () => {
    const records = makeRecords(data, subject);
    const [share] = records.shares as [Uint8Array];
    expect(isShareOf(share, subject)).toBe(true);
    expect(isMessageOf(records.message, subject)).toBe(true);
    for (const change of [
      { id: pattern(16, 1) },
      { receiver: pattern(32) },
      { threshold: 2 },
      { total: 4 },
    ]) {
      const other = { ...subject, ...change };
      expect(isShareOf(share, other)).toBe(false);
      expect(isMessageOf(records.message, other)).toBe(false);
      expect(readShare(share, records.message, other)).toBeUndefined();
    }
    for (let at = 0; at < share.length; at++) {
      const changed = share.slice();
      changed[at] = (changed[at] as number) ^ 1;
      expect(readShare(changed, records.message, subject)).toBeUndefined();
    }
    expect(isShareOf(share.slice(1), subject)).toBe(false);
    expect(isMessageOf(records.message.slice(0, messageOverheadBytes(5) - 1), subject)).toBe(false);
  });
});

describe('messages of brokers', () => {
  const fragment = pattern(200);

  it.each(['deposit', 'share', 'message'] as const)('of kind %s are read as they were written', (kind) => {
    expect(readMessage(writeMessage(kind, subject, fragment))).toEqual({ kind, ...subject, fragment });
  });

  it('that are none are passed over, whatever they are', () => {
    const good = writeMessage('deposit', subject, fragment);
    expect(readMessage(writeMessage('request', subject, new Uint8Array(0)))?.kind).toBe('request');
    expect(readMessage(writeMessage('request', subject, fragment))).toBeUndefined();
    expect(readMessage(writeMessage('share', subject, new Uint8Array(0)))).toBeUndefined();
    for (let length = 0; length <= 55; length++) expect(readMessage(good.slice(0, length))).toBeUndefined();
    for (const [at, value] of [
      [0, 0],
      [2, 0x46],
      [3, 2],
      [4, 0],
      [4, 5],
      [53, 0],
      [53, 6],
      [54, 17],
    ] as const) {
      const changed = good.slice();
      changed[at] = value;
      expect(readMessage(changed)).toBeUndefined();
    }
  });
});
