import { X509Certificate } from "node:crypto";
import { ClaimToken } from "#contract/enrolment.ts";
import { PLACES } from "../provision/places.ts";
import type { About } from "./about.ts";
import { error, type Finding, warning } from "./finding.ts";
import type { FoundBundle, FoundFile } from "./read-bundle.ts";

const ROOT = "dvornik/root";
const CLAIM = `${ROOT}${PLACES.edge.claim}`;
const CA = `${ROOT}${PLACES.edge.ca}`;
const KEEP_OUT = 0o077;

/** PEM of any private key, and what OpenSSH and PuTTY write. */
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----|PuTTY-User-Key-File-|AGE-SECRET-KEY-1/;

/** Keys, claims and passphrases: that none is where it must not be, and the claim and the authority are good. */
export function checkSecrets(bundle: FoundBundle, about: About | undefined, nowMs: number): readonly Finding[] {
  const files = [...bundle];
  const isSecret = (path: string) =>
    path === CLAIM || path.endsWith(".nmconnection") || about?.secrets.includes(path) === true;
  return [
    ...files.flatMap(([path, { text }]) => (PRIVATE_KEY.test(text) ? [privateKeyIn(path)] : [])),
    ...files.flatMap(([path, { mode }]) => (isSecret(path) && (mode & KEEP_OUT) !== 0 ? [openSecret(path, mode)] : [])),
    ...checkClaim(bundle, about?.claimExpiresAt, nowMs),
    ...checkAuthority(bundle.get(CA), nowMs),
  ];
}

const privateKeyIn = (path: string) =>
  error(
    path,
    "Внутри закрытый ключ. Ключ создаётся на самом устройстве; удалите его отсюда и считайте его раскрытым.",
    "There is a private key inside. Keys are made on the device itself; take it out and consider it known to others.",
  );

const openSecret = (path: string, mode: number) =>
  error(
    path,
    `Секрет могут прочитать другие (права ${mode.toString(8)}). Выполните: chmod 600 ${path}`,
    `Others can read this secret (mode ${mode.toString(8)}). Run: chmod 600 ${path}`,
  );

function checkClaim(bundle: FoundBundle, expiresAt: number | undefined, nowMs: number): readonly Finding[] {
  const file = bundle.get(CLAIM);
  if (file === undefined || !ClaimToken.safeParse(file.text.trim()).success) {
    return [
      error(
        CLAIM,
        "Нет кода регистрации, или он повреждён: устройство не получит сертификат. Запустите provision ещё раз.",
        "There is no claim, or it is damaged: the device will get no certificate. Run provision again.",
      ),
    ];
  }
  const claim = file.text.trim();
  const copies = [...bundle].filter(([path, { text }]) => path !== CLAIM && text.includes(claim));
  const shown = copies.map(([path]) =>
    error(
      path,
      "Здесь повторён код регистрации. Он должен лежать только в своём файле.",
      "The claim is repeated here. It belongs into its own file alone.",
    ),
  );
  if (expiresAt === undefined || expiresAt > nowMs) return shown;
  const when = isoOf(expiresAt);
  return [
    ...shown,
    error(
      CLAIM,
      `Код регистрации истёк ${when}. Запустите provision ещё раз.`,
      `The claim expired at ${when}. Run provision again.`,
    ),
  ];
}

/** Text of a time, whatever number it is. */
const isoOf = (ms: number): string => (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms));

const SOON_MS = 30 * 24 * 3_600_000;

function checkAuthority(file: FoundFile | undefined, nowMs: number): readonly Finding[] {
  if (file === undefined) return [];
  const certificates = file.text
    .split(/(?=-----BEGIN CERTIFICATE-----)/)
    .filter((text) => text.trim() !== "")
    .map(readCertificate);
  if (certificates.length === 0 || certificates.includes(undefined)) {
    return [
      error(
        CA,
        "Сертификат центра не читается. Укажите в --ca файл PEM.",
        "The authority's certificate cannot be read. Name a PEM file with --ca.",
      ),
    ];
  }
  const until = Math.min(...certificates.map((certificate) => certificate?.validToDate.getTime() ?? 0));
  const when = isoOf(until);
  if (until <= nowMs)
    return [error(CA, `Сертификат центра истёк ${when}.`, `The authority's certificate expired at ${when}.`)];
  if (until > nowMs + SOON_MS) return [];
  return [warning(CA, `Сертификат центра истекает ${when}.`, `The authority's certificate expires at ${when}.`)];
}

function readCertificate(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    // What cannot be read is the answer.
    return undefined;
  }
}
