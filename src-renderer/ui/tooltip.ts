import type { Attachment } from 'svelte/attachments';

const DELAY_MS = 450;
const GAP = 6;
const REST_PIXELS = 4;

let bubble: HTMLDivElement | null = null;
let owner: Element | null = null;
/** Where the pointer was pressed last: what comes under it while it rests there stays silent. */
let pressedAt: { readonly x: number; readonly y: number } | null = null;

/**
 * `{@attach tooltip('What it does', 'Ctrl Z')}`: words that appear on hover and on keyboard focus.
 * The element keeps a name of its own (text or aria-label); the tooltip is its description.
 */
export function tooltip(text: string | null | undefined, shortcut?: string | null): Attachment<HTMLElement> {
  return (element) => {
    if (text == null || text === '') return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = ({ clientX, clientY }: PointerEvent) => {
      clearTimeout(timer);
      if (pressedAt !== null && Math.hypot(clientX - pressedAt.x, clientY - pressedAt.y) < REST_PIXELS) return;
      pressedAt = null;
      timer = setTimeout(() => open(element, text, shortcut ?? null), DELAY_MS);
    };
    const showAtOnce = () => {
      if (element.matches(':focus-visible')) open(element, text, shortcut ?? null);
    };
    const hide = () => {
      clearTimeout(timer);
      if (owner === element) close();
    };
    const press = ({ clientX, clientY }: PointerEvent) => {
      pressedAt = { x: clientX, y: clientY };
      hide();
    };
    const listening = new AbortController();
    const { signal } = listening;
    element.addEventListener('pointerenter', show, { signal });
    element.addEventListener('pointerleave', hide, { signal });
    element.addEventListener('pointerdown', press, { signal });
    // Enter and Space click too.
    element.addEventListener('click', hide, { signal });
    element.addEventListener('focus', showAtOnce, { signal });
    element.addEventListener('blur', hide, { signal });
    return () => {
      hide();
      listening.abort();
    };
  };
}

function open(element: HTMLElement, text: string, shortcut: string | null): void {
  close();
  bubble = document.createElement('div');
  bubble.className = 'tooltip';
  bubble.id = 'lamina-tooltip';
  bubble.role = 'tooltip';
  bubble.textContent = text;
  if (shortcut !== null) {
    const key = document.createElement('kbd');
    key.textContent = shortcut;
    bubble.append(key);
  }
  // Inside an open dialog, so that it is not under it.
  (element.closest('dialog') ?? document.body).append(bubble);
  owner = element;
  element.setAttribute('aria-describedby', bubble.id);
  place(bubble, element.getBoundingClientRect());
  window.addEventListener('keydown', closeOnEscape, { capture: true });
}

function place(tip: HTMLElement, target: DOMRect): void {
  const { width, height } = tip.getBoundingClientRect();
  const below = target.bottom + GAP + height < window.innerHeight;
  const top = below ? target.bottom + GAP : target.top - GAP - height;
  const left = Math.min(Math.max(4, target.left + target.width / 2 - width / 2), window.innerWidth - width - 4);
  tip.style.top = `${Math.max(4, top)}px`;
  tip.style.left = `${left}px`;
}

function close(): void {
  if (bubble === null) return;
  bubble.remove();
  owner?.removeAttribute('aria-describedby');
  bubble = null;
  owner = null;
  window.removeEventListener('keydown', closeOnEscape, { capture: true });
}

function closeOnEscape(event: KeyboardEvent): void {
  if (event.key === 'Escape') close();
}
