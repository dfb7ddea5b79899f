/** Items of a page where nothing is said of it. */
export const DEFAULT_LIMIT = 100;
