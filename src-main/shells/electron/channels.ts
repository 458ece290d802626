/** Names on Electron's IPC. What travels over `frame` is the contract's Frame, in both directions. */
export const channels = {
  frame: 'lamina:frame',
  /** Main to window: whether core is there. */
  connection: 'lamina:connection',
} as const;
