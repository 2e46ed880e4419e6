import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useSpeech } from "../page/language.ts";
import "./sheet.css";

interface SheetProps {
  /** What the sheet is about: focus goes to its heading when this changes. */
  readonly about: string;
  readonly title: string;
  readonly subtitle?: string | undefined;
  onClose(): void;
  readonly children: ComponentChildren;
}

/** What lies over the map: at the side on a desktop, from below on a phone. Escape closes it; focus goes in and back. */
export function Sheet({ about, title, subtitle, onClose, children }: SheetProps) {
  const { words } = useSpeech();
  const heading = useRef<HTMLHeadingElement>(null);
  const body = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const before = document.activeElement;
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  // Another subject is read from its top.
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    body.current?.scrollTo(0, 0);
  }, [about]);

  return (
    <aside
      class="sheet"
      data-about={about}
      aria-labelledby="sheet-title"
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <header class="sheet-head">
        <div>
          <h2 id="sheet-title" tabIndex={-1} ref={heading}>
            {title}
          </h2>
          {subtitle !== undefined && <p>{subtitle}</p>}
        </div>
        <button type="button" class="button icon" aria-label={words.close} title={words.close} onClick={onClose}>
          <span aria-hidden="true">×</span>
        </button>
      </header>
      <div class="sheet-body" ref={body}>
        {children}
      </div>
    </aside>
  );
}
