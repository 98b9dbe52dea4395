import { rewriteOutsideStrings } from "./rewrite-json.ts";

const ellipsis = "...";

/** Counts characters as Python does, by code point, and never cuts inside one. */
const codePointsWithin = (text: string, mostCharacters: number): string[] | undefined => {
  if (text.length <= mostCharacters) return undefined;
  // A character takes at most two UTF-16 units, so that a huge text need not be looked at whole.
  const points = Array.from(text.slice(0, 2 * mostCharacters + 2));
  return points.length > mostCharacters ? points : undefined;
};

/** Text that is at most `mostCharacters` long; what was cut off is cut off in silence. */
export const cutText = (text: string, mostCharacters: number): string =>
  codePointsWithin(text, mostCharacters)?.slice(0, mostCharacters).join("") ?? text;

/** Text that is at most `mostCharacters` long, and ends with dots where something was cut off. */
export const shortenText = (text: string, mostCharacters: number): string => {
  const points = codePointsWithin(text, mostCharacters);
  return points === undefined ? text : `${points.slice(0, mostCharacters - ellipsis.length).join("")}${ellipsis}`;
};

const separator = /[,:](?! )/g;

/**
 * JSON text with a space behind every comma and colon, as Python writes it, so that a search in the texts of one client
 * finds those of the other. What lies beyond `mostCharacters` is left out, but never so much that the rest would fit.
 */
export const spaceJson = (json: string, mostCharacters: number): string =>
  rewriteOutsideStrings(json.slice(0, 2 * mostCharacters + 2), (between) => between.replace(separator, "$& "));
