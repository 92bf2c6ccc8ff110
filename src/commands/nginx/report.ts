import { defineReport, propertyFacts } from "../report.ts";

const properties = ["hsts", "hsts-include-subdomains", "hsts-max-age", "hsts-preload"] as const;

export const nginxReport = defineReport({
  group: "nginx",
  title: "nginx",
  prefix: "nginx-",
  keepPrefixed: false,
  summary: "Show how one app, or all, are served over https",
  read: async (app, operations) => {
    const facts = properties.map(async (name) =>
      propertyFacts("nginx", name, await operations.property({ app, key: `nginx.${name}` })),
    );
    return Object.assign({}, ...(await Promise.all(facts)));
  },
});
