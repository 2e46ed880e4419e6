import project from "../package.json" with { type: "json" };

/** The version of this program, as it stands in `state` and `health`. */
export const SOFTWARE: string = project.version;
