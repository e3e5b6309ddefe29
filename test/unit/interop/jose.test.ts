/** JSON Web Signatures with alg ML-DSA-87 cross over to jose and back. */
import { exportJwks, exportPublicKey, importPublicKey } from '@mwrasp/crypto/encodings';
import { exportPrivateKey } from '@mwrasp/crypto/insecure';
import { sign, verify } from '@mwrasp/crypto/sign';
import * as jose from 'jose';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/bytes.ts';
import { testKeys } from '../../support/keys.ts';

const { signer, signerPublic, otherSigner, recipientPublic } = testKeys();
const b64u = (data: Uint8Array | string) => Buffer.from(data).toString('base64url');
const payload = { iss: 'us', n: 1 };

function ourJws(header: object = {}): string {
  const input = `${b64u(JSON.stringify({ alg: 'ML-DSA-87', kid: signerPublic.keyId, ...header }))}.${b64u(JSON.stringify(payload))}`;
  return `${input}.${b64u(sign(signer, utf8(input)))}`;
}

describe('jose', () => {
  it('verifies a JWS that we signed, with our public JWK', async () => {
    const key = await jose.importJWK(exportPublicKey(signerPublic, 'jwk'));
    const { payload: bytes, protectedHeader } = await jose.compactVerify(ourJws(), key);
    expect(JSON.parse(Buffer.from(bytes).toString())).toEqual(payload);
    expect(protectedHeader).toEqual({ alg: 'ML-DSA-87', kid: signerPublic.keyId });
  });

  it('verifies it with our SPKI, and as a JWT from our JWKS', async () => {
    const spki = await jose.importSPKI(exportPublicKey(signerPublic, 'pem'), 'ML-DSA-87');
    const { payload: bytes } = await jose.compactVerify(ourJws(), spki);
    expect(JSON.parse(Buffer.from(bytes).toString())).toEqual(payload);
    const keys = exportJwks([otherSigner.publicKey, recipientPublic, signerPublic]);
    const find = jose.createLocalJWKSet(keys as unknown as jose.JSONWebKeySet);
    const { payload: claims } = await jose.jwtVerify(ourJws(), find);
    expect(claims).toEqual(payload);
  });

  it('refuses it with another key', async () => {
    const key = await jose.importJWK(exportPublicKey(otherSigner.publicKey, 'jwk'));
    await expect(jose.compactVerify(ourJws(), key)).rejects.toThrow(
      jose.errors.JWSSignatureVerificationFailed,
    );
  });

  it('signs with our private JWK and PKCS#8 what we verify', async () => {
    const jwk = await jose.importJWK(exportPrivateKey(signer, 'jwk'));
    const pkcs8 = await jose.importPKCS8(exportPrivateKey(signer, 'pem'), 'ML-DSA-87');
    for (const key of [jwk, pkcs8]) {
      const jws = await new jose.CompactSign(utf8('payload'))
        .setProtectedHeader({ alg: 'ML-DSA-87' })
        .sign(key);
      const [header, body, signature] = jws.split('.') as [string, string, string];
      const bytes = Uint8Array.from(Buffer.from(signature, 'base64url'));
      expect(verify(signerPublic, utf8(`${header}.${body}`), bytes)).toBe(true);
      expect(verify(signerPublic, utf8(`${header}.${body}A`), bytes)).toBe(false);
    }
  });

  it('writes JWKs that we read', async () => {
    const pair = await jose.generateKeyPair('ML-DSA-87', { extractable: true });
    const jwk = await jose.exportJWK(pair.publicKey);
    const key = importPublicKey(jwk as never, 'ML-DSA-87');
    expect(key.keyId).toBe(await jose.calculateJwkThumbprint(jwk));
    const jws = await new jose.CompactSign(utf8('x'))
      .setProtectedHeader({ alg: 'ML-DSA-87' })
      .sign(pair.privateKey);
    const [header, body, signature] = jws.split('.') as [string, string, string];
    expect(verify(key, utf8(`${header}.${body}`), Uint8Array.from(Buffer.from(signature, 'base64url')))).toBe(
      true,
    );
  });
});
