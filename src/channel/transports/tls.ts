import { readFile } from "node:fs/promises";
import type { ConnectionOptions, TlsOptions } from "node:tls";
import { ChannelError } from "../../errors.ts";

/**
 * The three PEM files of one side, as aiomas's `SSLCerts`. Both sides show a certificate, and both check the other's: the
 * one who knows neither key nor authority neither connects nor is connected to.
 */
export interface TlsFiles {
  /** Certificates of the authorities whose signature is accepted. */
  readonly cafile: string;
  /** Own certificate, perhaps with those that lead from it to the authority. */
  readonly certfile: string;
  /** Its private key. */
  readonly keyfile: string;
}

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

export function serverOptions(certificates: Certificates): TlsOptions {
  return { ...certificates, minVersion: VERSION_MIN, requestCert: true, rejectUnauthorized: true };
}
