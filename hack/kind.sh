#!/usr/bin/env bash
# npm run kind           builds the image, loads it into kind, installs the chart, ferries real files from a real store to a real collector, and
#                        runs the end-to-end files of the operator suite against the release
# npm run kind -- --keep the same, and leaves the cluster for you
set -euo pipefail
cd "$(dirname "$0")/.."

keep=false
for argument in "$@"; do
  case "$argument" in
    --keep) keep=true ;;
    *) echo "kind.sh does not know $argument; it takes --keep, or nothing" >&2; exit 2 ;;
  esac
done

lacks() {
  echo "$1. This needs Docker, kind, kubectl and helm: nothing was started." >&2
  echo "Without a container engine, \`npm run demo\` shows the same on a real API server, and \`npm test\` proves it." >&2
  exit 1
}
for program in docker kind kubectl helm; do
  command -v "$program" >/dev/null || lacks "$program is not installed"
done
docker info >/dev/null 2>&1 || lacks "Docker is installed, but does not answer"

cluster=spanferry
image=spanferry.local/spanferry
say() { printf '\n── %s\n' "$*"; }
in_cluster() { kubectl --context "kind-$cluster" "$@"; }

say "A cluster"
folder=$(mktemp -d)
end() {
  rm -rf "$folder"
  $keep || kind delete cluster --name "$cluster"
}
trap end EXIT
kind get clusters | grep -qx "$cluster" || kind create cluster --name "$cluster" --wait 2m

# The end-to-end files keep store and collector on this machine, where pods reach it: at the bridge that Docker made for kind.
host=$(docker network inspect kind --format '{{range .IPAM.Config}}{{println .Gateway}}{{end}}' | grep -F . | head -n 1 || true)
if [ -z "$host" ]; then echo "the network that Docker made for kind has no IPv4 gateway: pods could not reach this machine" >&2; exit 1; fi

say "The image"
docker build --tag "$image:kind" .
kind load docker-image "$image:kind" --name "$cluster"

say "A store with three files, and a collector"
in_cluster apply --server-side -f hack/kind/surroundings.yaml
in_cluster --namespace surroundings rollout status deployment/store deployment/collector --timeout=3m
in_cluster --namespace surroundings wait job/upload --for=condition=Complete --timeout=3m

say "The chart"
helm upgrade --install spanferry charts/spanferry --kube-context "kind-$cluster" --namespace spanferry --create-namespace --wait --timeout 3m \
  --set image.repository="$image" --set image.tag=kind --set networkPolicy.enabled=true --set 'networkPolicy.egressPorts={443,6443,4318,9000}' \
  --set collector.endpoint=http://collector.surroundings:4318 --set-json "networkPolicy.extraEgress=[{\"to\":[{\"ipBlock\":{\"cidr\":\"$host/32\"}}]}]"
helm test spanferry --kube-context "kind-$cluster" --namespace spanferry

say "A source"
in_cluster apply --server-side -f hack/kind/source.yaml
in_cluster --namespace surroundings wait ingestionsource/runs --for=condition=Ready --timeout=2m
in_cluster --namespace surroundings wait ingestionsource/runs --for=jsonpath='{.status.files.completed}'=3 --timeout=2m
in_cluster --namespace surroundings get ingestionsources,ingestionfiles

say "What the collector holds"
spans=$(in_cluster --namespace surroundings logs deployment/collector | grep -c 'Name *: *agent_invocation' || true)
if [ "$spans" != 3 ]; then echo "the collector has $spans spans instead of 3" >&2; exit 1; fi
echo "All 3 spans arrived."

say "The end-to-end files of the operator suite, against this release"
if node -e 'require("node:net").createServer().on("error", () => process.exit(1)).listen(0, process.argv[1], () => process.exit(0))' "$host"; then
  kind get kubeconfig --name "$cluster" >"$folder/kubeconfig"
  KUBECONFIG="$folder/kubeconfig" SPANFERRY_TEST_HOST="$host" npm run test:installed
else
  echo "They were not run: $host, the bridge of kind, is not on this machine, as where Docker runs in a machine of its own (Docker Desktop)." >&2
  [ "${CI:-}" != true ]
fi
if $keep; then echo "The cluster stays: kubectl --context kind-$cluster; kind delete cluster --name $cluster removes it."; fi
