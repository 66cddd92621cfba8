// Chromium as it meets a site: names that resolve here, and the address space that the site's port counts as.

/**
 * `site` and `daemon` are origins; `isPublic`: the site is on the internet as far as Chromium knows; `granted`: the person let sites reach this machine;
 * `rebound`: an origin whose name moved to this machine after its page was loaded.
 */
export function options({ site, rebound = site, isPublic = false, granted = false }) {
  const args = [
    "--host-resolver-rules=MAP *.test 127.0.0.1",
    // A site on the internet has TLS; the test's has none, and nothing else of it is tested.
    `--unsafely-treat-insecure-origin-as-secure=${site},${rebound}`,
  ];
  if (isPublic) args.push(`--ip-address-space-overrides=127.0.0.1:${new URL(site).port}=public`);
  return { args, permissions: granted ? ["local-network-access"] : [] };
}
