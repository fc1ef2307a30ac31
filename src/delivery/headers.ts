/** Names that belong to the request itself or to the hop: a Secret cannot set them. */
const reserved = /^(host|content-.*|transfer-encoding|connection|proxy-connection|keep-alive|te|trailer|upgrade|expect)$/;

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const visible = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Why a header cannot be sent, in words that name it and never its value; nothing where it can. */
export function headerProblem(name: string, value: string): string | undefined {
  if (!token.test(name)) return 'is not the name of a header';
  if (reserved.test(name.toLowerCase())) return 'cannot be set: it belongs to the request itself';
  if (!visible.test(value)) return 'has a value with characters that no header may hold';
  return undefined;
}

/** Everything in a header value that would give it away: the whole, its words, and what Basic hides in base64. */
export function secretsIn(values: Iterable<string>): readonly string[] {
  const found = new Set<string>();
  for (const value of values) {
    for (const word of [value, ...value.split(/\s+/)]) {
      found.add(word);
      const basic = /^basic\s/i.test(value) ? Buffer.from(word, 'base64').toString() : '';
      found.add(basic);
      found.add(basic.slice(basic.indexOf(':') + 1));
    }
  }
  // Shorter ones are words of everyday; redacting them would only tell where they occur. The longest goes first, since it may hold others.
  return [...found]
    .filter((secret) => secret.length >= 4 && !/^(basic|bearer|token|apikey)$/i.test(secret))
    .sort((a, b) => b.length - a.length);
}
