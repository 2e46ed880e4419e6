import sharp from "sharp";

// A device looks at each photo once: nothing that is kept of it would be found again. And its cores have other work.
sharp.cache(false);
sharp.concurrency(1);

/** The image library, set to hold as little memory as it can. */
export { sharp };
