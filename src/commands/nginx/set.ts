import { definePropertyCommand } from "../property.ts";

export const nginxSet = definePropertyCommand({
  group: "nginx",
  summary: "Set or clear how an app is served over https",
  word: "property",
  properties: {
    hsts: "nginx.hsts",
    "hsts-include-subdomains": "nginx.hsts-include-subdomains",
    "hsts-max-age": "nginx.hsts-max-age",
    "hsts-preload": "nginx.hsts-preload",
  },
});
