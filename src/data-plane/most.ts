/** Why a question has no answer. */
export interface Refused {
  readonly refused: string;
}

/** Listed at most, however many are asked for. */
const AT_MOST = 10_000;
const SHOWN = 40;

/** How many are to be listed, by `?most=N`; `usually` where nobody says it. */
export function mostOf(query: URLSearchParams, usually: number): number | Refused {
  const text = query.get("most");
  if (text === null) return usually;
  if (/^\d+$/.test(text)) return Math.min(Number(text), AT_MOST);
  return { refused: `\`most\` is how many to list, a whole number from 0 on, not \`${text.slice(0, SHOWN)}\`` };
}
