import type { ServicePlan } from "../../src/commands/service/plan.ts";

/** A user's service. */
export const PLAN: ServicePlan = {
  system: false,
  program: ["/usr/local/bin/switchyard"],
  config: "/home/ada/.config/switchyard/proxy.yaml",
  envFile: "/home/ada/.config/switchyard/switchyard.env",
  envFileNeeded: false,
  home: "/home/ada",
  uid: 1000,
};

/** One whose paths hold everything that a format might take for its own. */
export const AWKWARD_PLAN: ServicePlan = {
  ...PLAN,
  program: ["/opt/my $HOME 100% \"x\" 'y' \\z ü/switchyard", "run", "a;b", ";"],
  config: "/home/ada/<&>\"' %h $PATH ${x} \\n Пример/proxy.yaml",
  envFile: "/home/ada/<&>\"' %h $PATH [a]*? \\n Пример/keys.env",
  envFileNeeded: true,
};
