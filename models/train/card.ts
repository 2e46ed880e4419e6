import type { Probabilities, SiteState } from "#contract/messages.ts";
import type { ModelManifest } from "../../edge/classify/manifest.ts";
import { stateOf } from "../../edge/classify/verdict.ts";

type Label = keyof Probabilities;

/** One photo of known label as both networks and the device's own rules saw it. */
export interface Judged {
  readonly split: "val" | "test" | "pairs";
  readonly label: Label;
  readonly source: string;
  readonly name: string;
  readonly fp32: Probabilities;
  readonly int8: Probabilities;
  readonly state: SiteState;
  readonly prepareMs: number;
  readonly fp32Ms: number;
  readonly int8Ms: number;
}

type Network = "fp32" | "int8";

const LABELS: readonly Label[] = ["clean", "overflow", "scattered", "not_a_site"];

const dirtyOf = ({ overflow, scattered }: Probabilities): number => overflow + scattered;
const isDirty = (label: Label): boolean => label === "overflow" || label === "scattered";

function bestLabel(probabilities: Probabilities): Label {
  return LABELS.reduce((best, label) => (probabilities[label] > probabilities[best] ? label : best));
}

const share = (part: number, all: number): string => (all === 0 ? "–" : (part / all).toFixed(3));

function quantile(sorted: readonly number[], at: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? 0;
}

/** Share of photos whose best of four labels is the true one. */
export function fourWayAccuracy(judged: readonly Judged[], network: Network): string {
  return share(judged.filter((photo) => bestLabel(photo[network]) === photo.label).length, judged.length);
}

/** Mean of the hit rates on clean and on dirty sites, with overflow and scattered taken as one. */
export function dirtyOrCleanAccuracy(judged: readonly Judged[], network: Network): string {
  const saysDirty = (photo: Judged) => dirtyOf(photo[network]) >= photo[network].clean;
  const clean = judged.filter((photo) => photo.label === "clean");
  const dirty = judged.filter((photo) => isDirty(photo.label));
  if (clean.length === 0 || dirty.length === 0) return "–";
  const cleanRate = clean.filter((photo) => !saysDirty(photo)).length / clean.length;
  return ((cleanRate + dirty.filter(saysDirty).length / dirty.length) / 2).toFixed(3);
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function confusion(judged: readonly Judged[], network: Network): string {
  const rows = LABELS.map((truth) => {
    const ofTruth = judged.filter((photo) => photo.label === truth);
    const counts = LABELS.map((label) => ofTruth.filter((photo) => bestLabel(photo[network]) === label).length);
    return [truth, ...counts];
  });
  return table([`${network}: truth ↓ answer →`, ...LABELS], rows);
}

function summary(judged: readonly Judged[]): string {
  const rows = (["val", "test"] as const).flatMap((split) => {
    const photos = judged.filter((photo) => photo.split === split);
    return (["fp32", "int8"] as const).map((network) => [
      `${split}/ (${photos.length})`,
      network,
      fourWayAccuracy(photos, network),
      dirtyOrCleanAccuracy(photos, network),
    ]);
  });
  return table(["photos", "network", "four-way accuracy", "dirty or clean, balanced"], rows);
}

function perSource(judged: readonly Judged[]): string {
  const groups = Map.groupBy(
    judged.filter((photo) => photo.split !== "pairs"),
    (photo) => `${photo.split}/ ${photo.source}`,
  );
  const rows = [...groups].map(([name, photos]) => [
    name,
    LABELS.map((label) => photos.filter((photo) => photo.label === label).length).join(" + "),
    fourWayAccuracy(photos, "int8"),
    dirtyOrCleanAccuracy(photos, "int8"),
  ]);
  return table(["source", LABELS.join(" + "), "four-way", "dirty or clean, balanced"], rows);
}

function pairs(judged: readonly Judged[]): string {
  const photos = judged.filter((photo) => photo.split === "pairs");
  const after = new Map(photos.filter((photo) => photo.label === "clean").map((photo) => [photo.name, photo]));
  const before = photos.filter((photo) => photo.label === "overflow");
  const better = before.filter((photo) => {
    const emptied = after.get(photo.name.replace("-before.jpg", "-after.jpg"));
    return emptied !== undefined && dirtyOf(photo.int8) > dirtyOf(emptied.int8);
  });
  const saysDirty = before.filter((photo) => isDirty(bestLabel(photo.int8)));
  const saysClean = [...after.values()].filter((photo) => bestLabel(photo.int8) === "clean");
  return [
    `- the "before" looks dirtier than its "after" in ${better.length} of ${before.length} pairs;`,
    `- "before" is called overflow or scattered in ${saysDirty.length} of ${before.length};`,
    `- "after" is called clean in ${saysClean.length} of ${after.size}.`,
  ].join("\n");
}

function overfullInTest(judged: readonly Judged[]): string {
  const overfull = judged.filter((photo) => photo.split === "test" && photo.label === "overflow");
  const called = (label: Label) => overfull.filter((photo) => bestLabel(photo.int8) === label).length;
  return `Of the ${overfull.length} overfull sites in test/, ${called("overflow")} are called overflow and ${called("scattered")} scattered.`;
}

function thresholdTable(judged: readonly Judged[]): string {
  const photos = judged.filter((photo) => photo.split !== "pairs");
  const rows = [0, 0.5, 0.6, 0.7, 0.8, 0.9].flatMap((threshold) =>
    (["val", "test"] as const).map((split) => {
      const thresholds = {
        clean: threshold,
        overflow: threshold,
        scattered: threshold,
        not_a_site: threshold,
        usable: 0,
      };
      const states = photos
        .filter((photo) => photo.split === split)
        .map((photo) => ({ label: photo.label, state: stateOf(photo.int8, thresholds) }))
        .map(({ label, state }) => ({ isSure: state !== "unsure", isRight: groupOf(state) === groupOf(label) }));
      const sure = states.filter(({ isSure }) => isSure);
      const right = sure.filter(({ isRight }) => isRight);
      return [
        threshold,
        `${split}/`,
        share(states.length - sure.length, states.length),
        share(right.length, sure.length),
      ];
    }),
  );
  return table(["threshold", "photos", "`unsure`", "right of the rest (clean, dirty, not a site)"], rows);
}

function groupOf(state: SiteState): string {
  return state === "overflow" || state === "scattered" ? "dirty" : state;
}

function speed(judged: readonly Judged[]): string {
  const row = (name: string, values: readonly number[]) => {
    const sorted = [...values].sort((a, b) => a - b);
    return [
      name,
      quantile(sorted, 0.1).toFixed(1),
      quantile(sorted, 0.5).toFixed(1),
      quantile(sorted, 0.95).toFixed(1),
    ];
  };
  return table(
    ["one thread, ms", "p10", "median", "p95"],
    [
      row(
        "decode and stretch (384 px photo)",
        judged.map((photo) => photo.prepareMs),
      ),
      row(
        "fp32",
        judged.map((photo) => photo.fp32Ms),
      ),
      row(
        "int8",
        judged.map((photo) => photo.int8Ms),
      ),
    ],
  );
}

/** The model card: every figure in it is computed from the judged photos. */
export function writeCard(manifest: ModelManifest, judged: readonly Judged[]): string {
  const photosOf = (split: Judged["split"]) => judged.filter((photo) => photo.split === split);
  const unusable = judged.filter((photo) => photo.split !== "pairs" && photo.state === "unusable").length;
  return `# Model card: ${manifest.name} ${manifest.version}

Says what a photo of a waste collection site shows: \`clean\`, \`overflow\` (waste in or above the opening, bags heaped on the
bin), \`scattered\` (waste on the ground) or \`not_a_site\`. Runs on the device, on one CPU thread, offline.

This page is written by \`models/train/evaluate.ts\`: the shipped int8 file runs in onnxruntime-node behind the device's own
TypeScript preprocessing. Do not edit it by hand.

- File: \`${manifest.file}\`, ${(manifest.bytes / 1e6).toFixed(2)} MB, SHA-256 \`${manifest.sha256}\`
- Network: EfficientNet-Lite0, ImageNet weights, stem and first six blocks frozen, rest fine-tuned; four logits
- Input: 1×3×${manifest.input.height}×${manifest.input.width} float32 \`${manifest.input.name}\`, RGB, (value − ${manifest.input.mean}) / ${manifest.input.std}; the whole picture stretched by area mean
- Training: \`${JSON.stringify(manifest.trainedOn)}\`
- Thresholds below which the device says \`unsure\`: \`${JSON.stringify(manifest.thresholds)}\`

## Accuracy

${summary(judged)}

Best of four labels against the folder's label; "dirty or clean" takes overflow and scattered as one, and is the mean of the
hit rates on clean and on dirty sites.

### val/

${confusion(photosOf("val"), "fp32")}

${confusion(photosOf("val"), "int8")}

### test/ (one city)

${confusion(photosOf("test"), "fp32")}

${confusion(photosOf("test"), "int8")}

### By source (int8)

${perSource(judged)}

\`not_a_site\` in val/ comes from one source only. \`overflow\` comes almost only from \`atanu\`, \`clean\` containers mostly from
\`montevideo\`: part of the four-way figure may be the source and not the waste. ${overfullInTest(judged)}
That a site is dirty is the safer half of the answer; the kind of dirt is the weaker one.

### Pairs "overfull, then emptied" (int8, not in the training)

About one pair in eleven is itself wrong or unclear.

${pairs(judged)}

## What the device says (int8, with thresholds)

${thresholdTable(judged)}

The sum of overflow and scattered is compared with the threshold of the likelier of the two. Before the model looks, a
picture that is dark, of one colour or without detail is \`unusable\` (\`edge/classify/usable.ts\`): ${unusable} of ${judged.length - photosOf("pairs").length} photos of val/ and test/.

## Speed on the development machine

Two cores shared with other programs at the time: the 10th percentile is nearest to an idle machine. Nothing here was measured
on a Raspberry Pi.

${speed(judged)}

## Limits

- **test/ is optimistic**: 146 of its photos share a day with training photos, and it is one city.
- Labels are noisy: two annotators of the Montevideo photos disagree in 7 % of 357 shared pictures; about one in nine
  \`overflow\` and one in eight \`clean\` pictures of \`atanu\` are doubtful. A figure above about 0.93 measures the annotator.
- Not in the training: snow, fenced yards with several containers, overfull containers as a phone would see them in the
  street (38 of 1,210 \`overflow\` photos), lens covers, rain on the lens.
- Probabilities are not calibrated on the operator's sites. The device shows them; it does not fine anybody by them: a
  person looks at the photo pair.
- **A foreign city is harder**: trained for one epoch without Montevideo and asked about it, the network was right on dirty or
  clean in 0.84 (0.96 with Montevideo); see \`models/train/README.md\`. Expect that, not the tables above, until an operator
  has retrained with his own photos.

## Data and licence

Trained on photographs whose licences are weak or missing (collected by others from phones, the web and agencies); faces and
number plates may be visible in them. **No photograph is part of this repository, and none may be shipped.** An operator
retrains with his own photos before he relies on a verdict; \`models/train/README.md\` says how.
`;
}
