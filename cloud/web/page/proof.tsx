import type { VisitView } from "../../http/schemas.ts";
import { useSpeech } from "./language.ts";

/** Who reported a visit and whether the device's signature holds, in words. */
export function Proof({ visit }: { readonly visit: VisitView }) {
  const { words } = useSpeech();
  return (
    <dl class="facts">
      <div>
        <dt>{words.visit.device}</dt>
        <dd>{visit.device}</dd>
      </div>
      <div>
        <dt>{words.visit.check}</dt>
        <dd class="signature" data-signature={visit.signature}>
          <span aria-hidden="true">{visit.signature === "valid" ? "✓" : "!"}</span> {words.signature[visit.signature]}
        </dd>
      </div>
    </dl>
  );
}
