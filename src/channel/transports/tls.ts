import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { type ConnectionOptions, TLSSocket, type TlsOptions } from "node:tls";
import { ChannelError } from "../../errors.ts";
import type { PeerIdentity, TlsFiles } from "./transport.ts";

/** The contents of {@link TlsFiles}. */
export interface Certificates {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** aiomas speaks TLS 1.2 only. */
const VERSION_MIN = "TLSv1.2";

/** @throws ChannelError `ERR_CHANNEL_TLS_FILES` if one cannot be read. */
export async function readCertificates({ cafile, certfile, keyfile }: TlsFiles): Promise<Certificates> {
  try {
    const [ca, cert, key] = await Promise.all([readFile(cafile), readFile(certfile), readFile(keyfile)]);
    return { ca, cert, key };
  } catch (cause) {
    const message = `a certificate or key cannot be read: ${(cause as Error).message}`;
    throw new ChannelError("ERR_CHANNEL_TLS_FILES", message, { cause });
  }
}

/** @param host - What the server's certificate has to name. */
export function clientOptions(certificates: Certificates, host: string): ConnectionOptions {
  return { ...certificates, host, minVersion: VERSION_MIN, rejectUnauthorized: true };
}

/** Who the other side of a socket is by its certificate; undefined if nothing is encrypted. */
export function identityOf(socket: Socket): PeerIdentity | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { subject, subjectaltname = "", fingerprint256 } = socket.getPeerCertificate();
  if (fingerprint256 === undefined) return undefined;
  const names = subjectaltname === "" ? [] : subjectaltname.split(", ");
  const commonName: string | string[] | undefined = subject?.CN;
  return { commonName: Array.isArray(commonName) ? commonName[0] : commonName, names, fingerprint: fingerprint256 };
}

export function serverOptions(certificates: Certificates): TlsOptions {
  return { ...certificates, minVersion: VERSION_MIN, requestCert: true, rejectUnauthorized: true };
}
