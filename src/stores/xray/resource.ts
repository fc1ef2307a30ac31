import { recordIn, textIn, type UnknownRecord } from '../fields.ts';
import { type Attributes, put } from '../slices/otlp.ts';
import type { Segment } from './document.ts';

/** What X-Ray calls where a segment ran, and what OpenTelemetry calls it. */
const platforms: Readonly<Record<string, string>> = {
  'AWS::EC2::Instance': 'aws_ec2',
  'AWS::ECS::Container': 'aws_ecs',
  'AWS::ECS::EC2': 'aws_ecs',
  'AWS::ECS::Fargate': 'aws_ecs',
  'AWS::EKS::Container': 'aws_eks',
  'AWS::ElasticBeanstalk::Environment': 'aws_elastic_beanstalk',
  'AWS::Lambda::Function': 'aws_lambda',
  'AWS::AppRunner::Service': 'aws_app_runner',
};

/** Fields of `aws` that tell where a segment ran, by the part of it that they stand in, and the attribute that each becomes. */
const places: readonly (readonly [part: string, field: string, attribute: string])[] = [
  ['ec2', 'instance_id', 'host.id'],
  ['ec2', 'availability_zone', 'cloud.availability_zone'],
  ['ec2', 'instance_size', 'host.type'],
  ['ec2', 'ami_id', 'host.image.id'],
  ['ecs', 'container', 'container.name'],
  ['ecs', 'container_id', 'container.id'],
  ['eks', 'cluster_name', 'k8s.cluster.name'],
  ['eks', 'pod', 'k8s.pod.name'],
  ['eks', 'container_id', 'container.id'],
  ['elastic_beanstalk', 'environment_name', 'service.namespace'],
  ['elastic_beanstalk', 'deployment_id', 'service.instance.id'],
  ['elastic_beanstalk', 'version_label', 'service.version'],
];

/** The parts of `aws` that are about the resource; the rest of it is about a call. */
export const ofResource: ReadonlySet<string> = new Set(['account_id', 'ec2', 'ecs', 'eks', 'elastic_beanstalk', 'xray', 'cloudwatch_logs']);

/** The resource of a segment and all of its subsegments. */
export function resourceOf({ name, origin, resource_arn, service, aws }: Segment): Attributes {
  const resource: Attributes = new Map();
  put(resource, 'service.name', name);
  put(resource, 'service.version', service?.version);
  put(resource, 'cloud.provider', 'aws');
  put(resource, 'cloud.account.id', textIn(aws, 'account_id'));
  const platform = origin && Object.hasOwn(platforms, origin) ? platforms[origin] : undefined;
  put(resource, platform === undefined ? 'aws.xray.origin' : 'cloud.platform', platform ?? origin);
  put(resource, 'cloud.resource_id', resource_arn);
  for (const [part, field, attribute] of places) put(resource, attribute, fieldOf(recordIn(aws, part), field));
  return resource;
}

/** All of these are text to OpenTelemetry; X-Ray writes some of them as numbers. */
function fieldOf(part: UnknownRecord | undefined, field: string): string | undefined {
  const value = part?.[field];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
