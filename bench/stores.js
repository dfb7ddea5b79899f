/** Where the service of a bench keeps its events: a new, empty place each time, or a server. */
const STORES = {
  embedded: (folder) => ({ EVENT_STORE_URL: `file:${folder}`, VIEWS_DIR: folder }),
  kurrentdb: (folder, url) => ({ EVENT_STORE_URL: url, VIEWS_DIR: folder }),
};

export const STORE_NAMES = Object.keys(STORES);

/** The settings that make a service use the store; `folder` is empty, and gone after the bench. */
export const storeSettings = (name, folder, url) => STORES[name](folder, url);
