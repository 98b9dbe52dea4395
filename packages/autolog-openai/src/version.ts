/** The version of this package, as its instrumentation says it. Held equal to package.json by a test. */
export const version = "0.1.0";
