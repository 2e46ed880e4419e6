import type { RefObject } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

/** The natural size of an image, null until it is there; one from the cache may be there before anybody listens. */
export function usePictureSize(): {
  readonly ref: RefObject<HTMLImageElement | null>;
  readonly size: { readonly width: number; readonly height: number } | null;
  readonly onLoad: () => void;
} {
  const ref = useRef<HTMLImageElement>(null);
  const [size, setSize] = useState<{ readonly width: number; readonly height: number } | null>(null);
  const onLoad = useCallback(() => {
    const image = ref.current;
    if (image !== null && image.naturalWidth > 0) setSize({ width: image.naturalWidth, height: image.naturalHeight });
  }, []);
  useEffect(onLoad, [onLoad]);
  return { ref, size, onLoad };
}
