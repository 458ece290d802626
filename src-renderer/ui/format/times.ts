/** Times as the window shows them. */

/** 102 → '1:42', 3725 → '1:02:05'. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  const whole = Math.round(seconds);
  const s = String(whole % 60).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${s}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${s}`;
}

/** Short spans with their unit: 830 → '830 ms', 4200 → '4.2 s', above a minute '1:42'. */
export function formatMilliseconds(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1000).toFixed(1)} s`;
  return formatDuration(durationMs / 1000);
}

// The words around them are English in every locale, and digits line up in tables. The time zone is the machine's.
const dayAndTime = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' });
const timeOnly = new Intl.DateTimeFormat('en-US', { timeStyle: 'short', hourCycle: 'h23' });
const toTheSecond = new Intl.DateTimeFormat('en-US', { timeStyle: 'medium', hourCycle: 'h23' });

/** Milliseconds since 1970: '14:05:09'. */
export function formatClock(at: number): string {
  return toTheSecond.format(at);
}

/** An ISO date: today '14:05', else 'Nov 21, 2026, 14:05'. */
export function formatMoment(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return date.toDateString() === now.toDateString() ? timeOnly.format(date) : dayAndTime.format(date);
}
