/** What Datadog calls something, and what OpenTelemetry calls it, for what belongs to the resource. */
const ofResource: Readonly<Record<string, string>> = {
  env: 'deployment.environment.name',
  service: 'service.name',
  version: 'service.version',
  container_id: 'container.id',
  container_name: 'container.name',
  image_name: 'container.image.name',
  image_tag: 'container.image.tags',
  runtime: 'container.runtime.name',
  cloud_provider: 'cloud.provider',
  region: 'cloud.region',
  zone: 'cloud.availability_zone',
  task_family: 'aws.ecs.task.family',
  task_arn: 'aws.ecs.task.arn',
  task_version: 'aws.ecs.task.revision',
  kube_container_name: 'k8s.container.name',
  kube_cluster_name: 'k8s.cluster.name',
  kube_deployment: 'k8s.deployment.name',
  kube_replica_set: 'k8s.replicaset.name',
  kube_stateful_set: 'k8s.statefulset.name',
  kube_daemon_set: 'k8s.daemonset.name',
  kube_job: 'k8s.job.name',
  kube_cronjob: 'k8s.cronjob.name',
  kube_namespace: 'k8s.namespace.name',
  pod_name: 'k8s.pod.name',
  process_id: 'process.pid',
};

/** The same for what belongs to the span. */
const ofSpan: Readonly<Record<string, string>> = {
  'http.client_ip': 'client.address',
  'http.response.content_length': 'http.response.body.size',
  'http.request.content_length': 'http.request.body.size',
  'http.status_code': 'http.response.status_code',
  'http.referer': 'http.request.header.referer',
  'http.method': 'http.request.method',
  'http.version': 'network.protocol.version',
  'http.server_name': 'server.address',
  'http.url': 'url.full',
  'http.useragent': 'user_agent.original',
  'aws.s3.bucket_name': 'aws.s3.bucket',
  'aws.response.request_id': 'aws.request_id',
  'aws.service': 'rpc.service',
  'aws.operation': 'rpc.method',
  'db.type': 'db.system.name',
  'db.operation': 'db.operation.name',
  'db.instance': 'db.namespace',
  'db.sql.table': 'db.collection.name',
  'db.pool.name': 'db.client.connection.pool.name',
  'db.statement': 'db.query.text',
};

const own = (table: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

/** The name in the resource of what is known to belong there. */
export const resourceName = (key: string): string | undefined => own(ofResource, key);

/** The name of an attribute of a span; what is not known keeps its own. */
export const spanName = (key: string): string => own(ofSpan, key) ?? key.replace(/^http\.(request|response)\.headers\./, 'http.$1.header.');
