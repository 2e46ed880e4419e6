import type { HealthFacts } from "#contract/messages.ts";
import type { DeviceReport } from "./device-report.ts";
import type { Finding } from "./finding.ts";

/** What a health message says beside the least: short, since a device pays for each byte. */
export function healthFactsOf(report: DeviceReport, findings: readonly Finding[]): HealthFacts {
  const { host, outbox, runs, uplink, card } = report;
  const { disk } = host;
  const { temperatureC: celsius, isThrottled: throttled, chargePercent: charge } = report.power.facts;
  return {
    parts: statesOf(findings),
    ...(celsius !== null && { celsius: Math.round(celsius) }),
    ...(throttled === true && { throttled }),
    ...(charge !== null && { charge }),
    rss: host.rssBytes,
    ...(disk !== null && {
      disk: {
        free: disk.freeBytes,
        ...(disk.freeInodes !== null && { inodes: disk.freeInodes }),
        ...(disk.isReadOnly && { ro: true }),
      },
    }),
    outbox: Object.fromEntries(
      Object.entries(outbox.byClass).flatMap(([name, n]) =>
        n === 0 ? [] : [[name, { n, bytes: outbox.bytesByClass[name] ?? 0, ageMs: outbox.ages[name] ?? null }]],
      ),
    ),
    runs: {
      starts: runs.starts,
      last: runs.last?.end ?? null,
      ...(runs.last?.error != null && { error: runs.last.error }),
      ...(runs.isLooping && { looping: true }),
    },
    written: { own: card.today.ownBytes, ...(card.today.cardBytes !== null && { card: card.today.cardBytes }) },
    sent: uplink.traffic.sentBytes,
    received: uplink.traffic.receivedBytes,
    ...(report.verdicts !== null && { verdicts: report.verdicts }),
  };
}

/** The state of each part in a word: the finding's code without the name of the part's kind. */
export function statesOf(findings: readonly Finding[]): Readonly<Record<string, string>> {
  return Object.fromEntries(findings.map(({ part, code }) => [part, code.slice(code.indexOf("-") + 1)]));
}
