/** Loading below which a flow tells nothing about the rating: the quotient would be noise. */
const LOADING_SEEN_PERCENT = 20;

/**
 * What a transformer carries at the present voltage, in MVA. Its rating is a current: what power that is, the quotient
 * of flow and loading tells.
 *
 * @param otherwiseMva - What to take if the loading is too low to tell.
 */
export function ratedMvaNow(pMw: number, qMvar: number, loadingPercent: number, otherwiseMva: number): number {
  if (loadingPercent < LOADING_SEEN_PERCENT) return otherwiseMva;
  return (Math.sqrt(pMw * pMw + qMvar * qMvar) / loadingPercent) * 100;
}

/** Active power that is left of a rating beside reactive power. */
export function activeRoomMw(ratedMva: number, qMvar: number): number {
  return Math.sqrt(Math.max(0, ratedMva ** 2 - qMvar ** 2));
}
