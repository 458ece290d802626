/** Which screen is shown. */
export class Steps {
  /** Id of a screen: 'data', 'model'. */
  current = $state('model');

  /** A project without data starts with choosing it. */
  constructor(hasData: boolean) {
    if (!hasData) this.current = 'data';
  }
}
