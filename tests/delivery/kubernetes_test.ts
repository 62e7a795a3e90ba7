import { assert, assertEquals } from "@std/assert";
import { Deployment } from "kubernetes-models/apps/v1";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { Secret, Service } from "kubernetes-models/v1";
import { parse } from "yaml";
import { VERSION } from "../../src/version.ts";
import { configOf, temporaryFolder } from "../support/config.ts";
import { lacks, runTool } from "../support/outside_programs.ts";

const FOLDER = new URL("../../deploy/kubernetes/", import.meta.url);

function read(name: string): string {
  return Deno.readTextFileSync(new URL(name, FOLDER));
}

const DEPLOYMENT = new Deployment(parse(read("deployment.yaml")));
const SERVICE = new Service(parse(read("service.yaml")));
const AUTOSCALER = new HorizontalPodAutoscaler(parse(read("autoscaler.yaml")));
const DISRUPTION = new PodDisruptionBudget(parse(read("disruption.yaml")));
const SECRET = new Secret(parse(read("secret.example.yaml")));

const MANIFESTS = [
  { file: "deployment.yaml", manifest: DEPLOYMENT, type: "Deployment", from: "apps/v1" },
  { file: "service.yaml", manifest: SERVICE, type: "Service", from: "v1" },
  {
    file: "autoscaler.yaml",
    manifest: AUTOSCALER,
    type: "HorizontalPodAutoscaler",
    from: "autoscaling/v2",
  },
  { file: "disruption.yaml", manifest: DISRUPTION, type: "PodDisruptionBudget", from: "policy/v1" },
  { file: "secret.example.yaml", manifest: SECRET, type: "Secret", from: "v1" },
];

const pod = DEPLOYMENT.spec?.template.spec;
const [container] = pod?.containers ?? [];
const kustomization = parse(read("kustomization.yaml"));

for (const { file, manifest } of MANIFESTS) {
  Deno.test(`${file} is what Kubernetes' schema asks for`, () => {
    manifest.validate();
    const { apiVersion, kind } = parse(read(file));
    assertEquals([apiVersion, kind], [manifest.apiVersion, manifest.kind]);
  });
}

Deno.test("no manifest has a key that Kubernetes does not know", async () => {
  // The schemas let unknown keys pass; TypeScript refuses them in a literal.
  const program = MANIFESTS.map(({ file, type, from }, index) => {
    const specifier = import.meta.resolve(`kubernetes-models/${from}`);
    return `import type { I${type} as T${index} } from "${specifier}";\n` +
      `export const m${index}: T${index} = ${JSON.stringify(parse(read(file)))};\n`;
  });
  await using folder = await temporaryFolder({
    "right.ts": program.join(""),
    "wrong.ts": program.join("").replace('"minReplicas"', '"minReplica"'),
    "deno.json": "{}",
  });
  const args = ["check", "--no-lock", "right.ts", "wrong.ts"];
  const { err } = await runTool(Deno.execPath(), args, { cwd: folder.path });
  // One mistake, the one that is there on purpose.
  assertEquals([err.match(/TS\d+/g)?.length, err.includes("minReplica")], [1, true], err);
  assert(!err.includes("right.ts:"), err);
});

Deno.test("all of them find the pods, and the autoscaler its Deployment", () => {
  const labels = DEPLOYMENT.spec?.template.metadata?.labels;
  const selectors = [
    DEPLOYMENT.spec?.selector.matchLabels,
    SERVICE.spec?.selector,
    DISRUPTION.spec?.selector?.matchLabels,
    pod?.topologySpreadConstraints?.[0]?.labelSelector?.matchLabels,
  ];
  for (const selector of selectors) assertEquals(selector, labels);
  assertEquals(AUTOSCALER.spec?.scaleTargetRef.name, DEPLOYMENT.metadata?.name);
  assertEquals(DEPLOYMENT.spec?.replicas, undefined);
  assertEquals(SERVICE.spec?.ports?.[0]?.targetPort, container?.ports?.[0]?.name);
});

Deno.test("the config loads with what the Deployment takes from the Secret, and nothing else", async () => {
  const env = (container?.env ?? []).map(({ name, valueFrom }) => {
    const { name: secret, key = "" } = valueFrom?.secretKeyRef ?? {};
    assertEquals(secret, SECRET.metadata?.name);
    assert(SECRET.stringData && key in SECRET.stringData, key);
    return [name, "value"];
  });
  const { listen } = await configOf(read("proxy.yaml"), { env: Object.fromEntries(env) });
  assertEquals(listen.port, container?.ports?.[0]?.containerPort);
});

Deno.test("a pod has the time that draining takes", async () => {
  const env = { SWITCHYARD_KEY: "k", DEEPSEEK_API_KEY: "k" };
  const { listen } = await configOf(read("proxy.yaml"), { env });
  const wait = container?.lifecycle?.preStop?.sleep?.seconds ?? 0;
  const grace = pod?.terminationGracePeriodSeconds ?? 0;
  assert(wait > 0);
  assert(grace >= wait + listen.drainMs / 1000 + 10, `${grace} s`);
});

Deno.test("the config is mounted as a folder, where the program looks for it", () => {
  const mount = container?.volumeMounts?.find(({ name }) => name === "config");
  assertEquals([mount?.mountPath, mount?.subPath], ["/etc/switchyard", undefined]);
  const [generated] = kustomization.configMapGenerator;
  const volume = pod?.volumes?.find(({ name }) => name === "config");
  assertEquals(volume?.configMap?.name, generated.name);
  assertEquals(generated.files, ["proxy.yaml"]);
  assertEquals(generated.options, { disableNameSuffixHash: true });
});

Deno.test("a pod has no right that it does not need", () => {
  assertEquals(container?.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  assertEquals([pod?.securityContext?.runAsNonRoot, pod?.automountServiceAccountToken], [
    true,
    false,
  ]);
});

Deno.test("the probes ask what the server answers", () => {
  const probes = [container?.startupProbe, container?.livenessProbe, container?.readinessProbe];
  const paths = probes.map((probe) => probe?.httpGet?.path);
  assertEquals(paths, ["/healthz", "/healthz", "/readyz"]);
});

Deno.test("the kustomization names every manifest, and this version", () => {
  const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name);
  const others = ["kustomization.yaml", "proxy.yaml", "secret.example.yaml"];
  assertEquals(
    [...kustomization.resources].sort(),
    files.filter((name) => !others.includes(name)).sort(),
  );
  const [image] = kustomization.images;
  assertEquals([image.name, image.newTag], [container?.image, VERSION]);
});

Deno.test({
  name: "kubectl builds the kustomization",
  ignore: lacks("kubectl"),
  async fn() {
    const { code, out, err } = await runTool("kubectl", ["kustomize", FOLDER.pathname]);
    assertEquals(code, 0, err);
    const kinds = [...out.matchAll(/^kind: (.*)$/gm)].map(([, kind]) => kind);
    assertEquals(kinds.sort(), [
      "ConfigMap",
      "Deployment",
      "HorizontalPodAutoscaler",
      "PodDisruptionBudget",
      "Service",
    ]);
  },
});
