import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TlsFiles } from "../../src/channel/index.ts";

const run = promisify(execFile);

/** Certificates made for one test run by `openssl`, and thrown away with it. */
export interface Certificates {
  /** Signed by the authority, for 127.0.0.1, ::1 and localhost. */
  readonly good: TlsFiles;
  /** The same authority accepted, but signed by another one. */
  readonly stranger: TlsFiles;
  /** Signed by the authority for another host. */
  readonly elsewhere: TlsFiles;
  remove(): Promise<void>;
}

export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), "cosimas-certificates-"));
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => run("openssl", args, { cwd: folder });
  const authority = async (name: string) => {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${name}.key`];
    await openssl("req", "-x509", ...key, "-out", `${name}.pem`, "-days", "2", "-subj", `/CN=${name}`);
  };
  const signed = async (name: string, by: string, hosts: string): Promise<TlsFiles> => {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${name}.key`];
    await openssl("req", ...key, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    await writeFile(at(`${name}.ext`), `subjectAltName=${hosts}\n`);
    const ca = ["-CA", `${by}.pem`, "-CAkey", `${by}.key`, "-CAcreateserial", "-days", "2"];
    await openssl("x509", "-req", "-in", `${name}.csr`, ...ca, "-out", `${name}.pem`, "-extfile", `${name}.ext`);
    return { cafile: at("authority.pem"), certfile: at(`${name}.pem`), keyfile: at(`${name}.key`) };
  };
  await authority("authority");
  await authority("impostor");
  const here = "IP:127.0.0.1,IP:::1,DNS:localhost";
  return {
    good: await signed("good", "authority", here),
    stranger: await signed("stranger", "impostor", here),
    elsewhere: await signed("elsewhere", "authority", "DNS:elsewhere.example"),
    remove: () => rm(folder, { recursive: true }),
  };
}
