/** A text within a line of what judges read: it must not be able to begin a line that looks like another call or span. */
export const oneLine = (text: string): string => text.replaceAll(/[\r\n\v\f\u0085\u2028\u2029]+/g, " ");
