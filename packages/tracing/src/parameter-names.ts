const namesByFunction = new WeakMap<object, readonly ParameterName[]>();

interface ParameterName {
  readonly name: string;
  readonly isRest: boolean;
}

const pairs: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** The index behind a string, template or comment that starts at `at`; `at` itself where none does. */
const skipText = (source: string, at: number): number => {
  const start = source[at];
  if (start === "/" && source[at + 1] === "/") return indexAfter(source, "\n", at + 2);
  if (start === "/" && source[at + 1] === "*") return indexAfter(source, "*/", at + 2);
  if (start !== '"' && start !== "'" && start !== "`") return at;
  for (let index = at + 1; index < source.length; index++) {
    if (source[index] === "\\") index++;
    else if (source[index] === start) return index + 1;
  }
  return source.length;
};

const indexAfter = (source: string, end: string, from: number): number => {
  const at = source.indexOf(end, from);
  return at < 0 ? source.length : at + end.length;
};

/** The texts between the commas of the parenthesis that opens at `open`, without comments. */
const splitParameters = (source: string, open: number): string[] => {
  const parameters: string[] = [];
  const closers: string[] = [];
  let text = "";
  for (let index = open + 1; index < source.length;) {
    const next = skipText(source, index);
    if (next > index) {
      if (source[index] !== "/") text += source.slice(index, next);
      index = next;
      continue;
    }
    const character = source[index] ?? "";
    if (closers.length === 0 && character === ")") break;
    if (closers.length === 0 && character === ",") {
      parameters.push(text);
      text = "";
    } else {
      const closer = pairs[character];
      if (closer !== undefined) closers.push(closer);
      else if (character === closers.at(-1)) closers.pop();
      text += character;
    }
    index++;
  }
  return text.trim() === "" ? parameters : [...parameters, text];
};

const readParameters = (source: string): readonly ParameterName[] => {
  const single = /^(?:async\s+)?([A-Za-z_$][\w$]*)\s*=>/.exec(source);
  const texts = single?.[1] === undefined ? splitParameters(source, source.indexOf("(")) : [single[1]];
  return texts.map((text, index) => {
    const match = /^\s*(\.\.\.)?\s*([\p{ID_Start}_$][\p{ID_Continue}$]*)/u.exec(text);
    return { name: match?.[2] ?? `arg${index}`, isRest: match?.[1] !== undefined };
  });
};

const parametersOf = (fn: Function): readonly ParameterName[] => {
  const known = namesByFunction.get(fn);
  if (known !== undefined) return known;
  const source = Function.prototype.toString.call(fn);
  const parameters = source.includes("[native code]") ? [] : readParameters(source);
  namesByFunction.set(fn, parameters);
  return parameters;
};

/**
 * The arguments of a call by the names of the function's parameters, as MLflow records them. A rest parameter holds a
 * list; a parameter without a name (a pattern, or one the function does not declare) is called `arg0`, `arg1`, ….
 */
export const argumentsByName = (fn: Function, args: readonly unknown[]): Record<string, unknown> => {
  const parameters = parametersOf(fn);
  const named: [string, unknown][] = [];
  for (const [index, argument] of args.entries()) {
    const parameter = parameters[index];
    if (parameter?.isRest === true) {
      named.push([parameter.name, args.slice(index)]);
      break;
    }
    named.push([parameter?.name ?? `arg${index}`, argument]);
  }
  return Object.fromEntries(named);
};
