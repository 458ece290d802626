import type { Attachment } from 'svelte/attachments';

/**
 * Makes a list one stop of the Tab key: the entry where the keys were last, else its first. Arrow
 * keys, Home and End go through the entries in sight; left and right close and open a `details`.
 *
 * @param selector What is an entry. Other buttons inside keep their own tab stop.
 * @param onabove Arrow up on the first entry.
 */
export function oneTabStop(selector: string, onabove: () => void): Attachment<HTMLElement> {
  return (list) => {
    const shown = () => [...list.querySelectorAll<HTMLElement>(selector)].filter((item) => item.checkVisibility());
    const keep = (stop: HTMLElement | undefined) => {
      for (const item of list.querySelectorAll<HTMLElement>(selector)) {
        const tabIndex = item === stop ? 0 : -1;
        if (item.tabIndex !== tabIndex) item.tabIndex = tabIndex;
      }
    };
    const entryOf = (event: Event) => (event.target as Element).closest<HTMLElement>(selector) ?? undefined;
    /** Entries come and go: one of those in sight is the stop. */
    const renew = () => {
      const items = shown();
      keep(items.find((item) => item.tabIndex === 0) ?? items[0]);
    };

    function press(event: KeyboardEvent) {
      const entry = entryOf(event);
      if (entry === undefined) return;
      const items = shown();
      const at = items.indexOf(entry);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
      const fold = entry.closest('details');
      if (to !== undefined && to < 0) onabove();
      else if (to !== undefined) items[Math.min(items.length - 1, to)]?.focus();
      else if (event.key === 'ArrowRight' && fold !== null) fold.open = true;
      else if (event.key === 'ArrowLeft' && fold !== null) {
        fold.open = false;
        fold.querySelector('summary')?.focus();
      } else return;
      event.preventDefault();
    }

    const watch = new MutationObserver(renew);
    watch.observe(list, { childList: true, subtree: true, attributes: true, attributeFilter: ['open'] });
    const listening = new AbortController();
    const { signal } = listening;
    list.addEventListener('keydown', press, { signal });
    list.addEventListener('focusin', (event) => keep(entryOf(event) ?? shown()[0]), { signal });
    renew();
    return () => {
      watch.disconnect();
      listening.abort();
    };
  };
}
