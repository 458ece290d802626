import { NEEDS_MODEL, titleOf, type Command } from '../../commands/command.ts';

/**
 * Commands that a query may mean, best first: all its words, at starts of words before inside them, then by
 * other words of the command; all where it is empty.
 */
export function rankCommands(commands: readonly Command[], query: string): Command[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const scored = commands.flatMap((command) => {
    const text = `${titleOf(command)} ${command.group}`.toLowerCase();
    const blocked = command.blocked?.() ?? null;
    let score = blocked === null || blocked === NEEDS_MODEL ? 0 : 0.5;
    for (const word of words) {
      const at = text.indexOf(word);
      if (at < 0 && !` ${command.words ?? ''}`.includes(` ${word}`)) return [];
      if (at < 0) score += 3;
      else score += at === 0 ? 0 : text[at - 1] === ' ' ? 1 : 2;
    }
    return [{ command, score }];
  });
  return words.length === 0
    ? scored.map(({ command }) => command)
    : scored.sort((a, b) => a.score - b.score).map(({ command }) => command);
}
