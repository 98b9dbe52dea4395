/** The version of this package, as its spans say it. Held equal to package.json by a test. */
export const version = "0.1.0";
