"""What each optimised integration needs of IAM: the call, what `.sync` adds, its managed rule, who gets a role.

From the pages "IAM policies" of AWS's Step Functions Developer Guide. Where those say `*` and the Service Authorization
Reference knows a resource, the resource stands here: the tasks of the cluster for ecs:StopTask, the job for
glue:StartJobRun. A pattern holds the names of AWS's reference; `arns` fills it from the state's parameters.
"""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """`call` is needed by every pattern, `job` by `.sync`, which listens by the managed rule `rule`; `passes` is the
    service that a role in the parameters is handed to.
    """

    call: str
    job: str = ""
    rule: str = ""
    passes: str = ""


def _sagemaker(noun: str, rule: str = "") -> Row:
    return Row(
        f"sagemaker:Create{noun} sagemaker:ListTags",
        f"sagemaker:Describe{noun} sagemaker:Stop{noun}",
        f"StepFunctionsGetEventsForSageMaker{rule}JobsRule" if rule else "",
        "sagemaker.amazonaws.com",
    )


_EMR = "elasticmapreduce:"
_BATCH_RULE = "StepFunctionsGetEventForCodeBuildStartBuildBatchRule"
_APPLICATION_RULE = "StepFunctionsGetEventsForEMRServerlessApplicationRule"
_JOB_RULE = "StepFunctionsGetEventsForEMRServerlessJobRule"

ROWS: dict[str, Row] = {
    "batch:submitJob": Row(
        "batch:SubmitJob", "batch:DescribeJobs batch:TerminateJob", "StepFunctionsGetEventsForBatchJobsRule"
    ),
    "bedrock:createModelCustomizationJob": Row(
        "bedrock:CreateModelCustomizationJob",
        "bedrock:GetModelCustomizationJob bedrock:StopModelCustomizationJob",
        passes="bedrock.amazonaws.com",
    ),
    "codebuild:startBuild": Row(
        "codebuild:StartBuild",
        "codebuild:StopBuild codebuild:BatchGetBuilds",
        "StepFunctionsGetEventForCodeBuildStartBuildRule",
    ),
    "codebuild:stopBuild": Row("codebuild:StopBuild"),
    "codebuild:batchDeleteBuilds": Row("codebuild:BatchDeleteBuilds"),
    "codebuild:batchGetReports": Row("codebuild:BatchGetReports"),
    "codebuild:startBuildBatch": Row(
        "codebuild:StartBuildBatch", "codebuild:StopBuildBatch codebuild:BatchGetBuildBatches", _BATCH_RULE
    ),
    "codebuild:stopBuildBatch": Row("codebuild:StopBuildBatch"),
    "codebuild:retryBuildBatch": Row(
        "codebuild:RetryBuildBatch", "codebuild:StopBuildBatch codebuild:BatchGetBuildBatches", _BATCH_RULE
    ),
    "codebuild:deleteBuildBatch": Row("codebuild:DeleteBuildBatch"),
    "databrew:startJobRun": Row("databrew:StartJobRun", "databrew:ListJobRuns databrew:StopJobRun"),
    "dynamodb:getItem": Row("dynamodb:GetItem"),
    "dynamodb:putItem": Row("dynamodb:PutItem"),
    "dynamodb:updateItem": Row("dynamodb:UpdateItem"),
    "dynamodb:deleteItem": Row("dynamodb:DeleteItem"),
    "ecs:runTask": Row(
        "ecs:RunTask",
        "ecs:StopTask ecs:DescribeTasks",
        "StepFunctionsGetEventsForECSTaskRule",
        "ecs-tasks.amazonaws.com",
    ),
    "eks:createCluster": Row("eks:CreateCluster", "eks:DescribeCluster eks:DeleteCluster", passes="eks.amazonaws.com"),
    "eks:deleteCluster": Row("eks:DeleteCluster", "eks:DescribeCluster"),
    "eks:createNodegroup": Row(
        "eks:CreateNodegroup ec2:DescribeSubnets iam:GetRole iam:ListAttachedRolePolicies",
        "eks:DescribeNodegroup eks:DeleteNodegroup",
        passes="eks.amazonaws.com",
    ),
    "eks:deleteNodegroup": Row("eks:DeleteNodegroup", "eks:DescribeNodegroup"),
    "eks:createFargateProfile": Row(
        "eks:CreateFargateProfile",
        "eks:DescribeFargateProfile eks:DeleteFargateProfile",
        passes="eks-fargate-pods.amazonaws.com",
    ),
    "eks:deleteFargateProfile": Row("eks:DeleteFargateProfile", "eks:DescribeFargateProfile"),
    "elasticmapreduce:createCluster": Row(
        f"{_EMR}RunJobFlow",
        f"{_EMR}DescribeCluster {_EMR}TerminateJobFlows",
        "StepFunctionsGetEventForEMRRunJobFlowRule",
        "elasticmapreduce.amazonaws.com",
    ),
    "elasticmapreduce:terminateCluster": Row(
        f"{_EMR}TerminateJobFlows", f"{_EMR}DescribeCluster", "StepFunctionsGetEventForEMRTerminateJobFlowsRule"
    ),
    "elasticmapreduce:addStep": Row(
        f"{_EMR}AddJobFlowSteps",
        f"{_EMR}DescribeStep {_EMR}CancelSteps",
        "StepFunctionsGetEventForEMRAddJobFlowStepsRule",
    ),
    "elasticmapreduce:cancelStep": Row(f"{_EMR}CancelSteps"),
    "elasticmapreduce:setClusterTerminationProtection": Row(f"{_EMR}SetTerminationProtection"),
    "elasticmapreduce:modifyInstanceFleetByName": Row(f"{_EMR}ModifyInstanceFleet {_EMR}ListInstanceFleets"),
    "elasticmapreduce:modifyInstanceGroupByName": Row(f"{_EMR}ModifyInstanceGroups {_EMR}ListInstanceGroups"),
    "emr-containers:createVirtualCluster": Row("emr-containers:CreateVirtualCluster"),
    "emr-containers:deleteVirtualCluster": Row(
        "emr-containers:DeleteVirtualCluster", "emr-containers:DescribeVirtualCluster"
    ),
    "emr-containers:startJobRun": Row(
        "emr-containers:StartJobRun", "emr-containers:DescribeJobRun emr-containers:CancelJobRun"
    ),
    "emr-serverless:createApplication": Row(
        "emr-serverless:CreateApplication",
        "emr-serverless:GetApplication emr-serverless:DeleteApplication",
        _APPLICATION_RULE,
    ),
    "emr-serverless:startApplication": Row(
        "emr-serverless:StartApplication",
        "emr-serverless:GetApplication emr-serverless:StopApplication",
        _APPLICATION_RULE,
    ),
    "emr-serverless:stopApplication": Row(
        "emr-serverless:StopApplication", "emr-serverless:GetApplication", _APPLICATION_RULE
    ),
    "emr-serverless:deleteApplication": Row(
        "emr-serverless:DeleteApplication", "emr-serverless:GetApplication", _APPLICATION_RULE
    ),
    "emr-serverless:startJobRun": Row(
        "emr-serverless:StartJobRun",
        "emr-serverless:GetJobRun emr-serverless:CancelJobRun",
        _JOB_RULE,
        "emr-serverless.amazonaws.com",
    ),
    "emr-serverless:cancelJobRun": Row("emr-serverless:CancelJobRun", "emr-serverless:GetJobRun", _JOB_RULE),
    "glue:startJobRun": Row("glue:StartJobRun", "glue:GetJobRun glue:GetJobRuns glue:BatchStopJobRun"),
    "mediaconvert:createJob": Row(
        "mediaconvert:CreateJob",
        "mediaconvert:GetJob mediaconvert:CancelJob",
        "StepFunctionsGetEventsForMediaConvertJobRule",
        "mediaconvert.amazonaws.com",
    ),
    "sagemaker:createEndpoint": Row("sagemaker:CreateEndpoint"),
    "sagemaker:createEndpointConfig": Row("sagemaker:CreateEndpointConfig"),
    "sagemaker:createHyperParameterTuningJob": _sagemaker("HyperParameterTuningJob", "Tuning"),
    "sagemaker:createLabelingJob": _sagemaker("LabelingJob", "Labeling"),
    "sagemaker:createModel": Row("sagemaker:CreateModel", passes="sagemaker.amazonaws.com"),
    "sagemaker:createProcessingJob": _sagemaker("ProcessingJob", "Processing"),
    "sagemaker:createTrainingJob": _sagemaker("TrainingJob", "Training"),
    "sagemaker:createTransformJob": _sagemaker("TransformJob", "Transform"),
    "sqs:sendMessage": Row("sqs:SendMessage"),
    "sagemaker:updateEndpoint": Row("sagemaker:UpdateEndpoint"),
}
# The rule for labeling jobs is named by analogy: AWS documents those for the other four kinds of job.

_PLACE = "${Region}:${Account}:"
_CLUSTER = f"eks:{_PLACE}cluster/${{ClusterName}}"
_NODEGROUP = f"eks:{_PLACE}nodegroup/${{ClusterName}}/${{NodegroupName}}/${{UUID}}"
_FARGATE = f"eks:{_PLACE}fargateprofile/${{ClusterName}}/${{FargateProfileName}}/${{UUID}}"
_JOBRUN = f"emr-containers:{_PLACE}/virtualclusters/${{VirtualClusterId}}/jobruns/${{Id}}"
_BUILD = f"codebuild:{_PLACE}project/${{ProjectName}}"

PATTERNS: dict[str, tuple[str, ...]] = {
    "batch:SubmitJob": (
        f"batch:{_PLACE}job-definition/${{JobDefinitionName}}",
        f"batch:{_PLACE}job-queue/${{JobQueueName}}",
    ),
    "batch:TerminateJob": (f"batch:{_PLACE}job/${{AssignedId}}",),
    "bedrock:CreateModelCustomizationJob": (
        "bedrock:${Region}::foundation-model/${BaseModelIdentifier}",
        f"bedrock:{_PLACE}custom-model/${{AssignedId}}",
        f"bedrock:{_PLACE}model-customization-job/${{AssignedId}}",
    ),
    "bedrock:GetModelCustomizationJob": (f"bedrock:{_PLACE}model-customization-job/${{AssignedId}}",),
    "bedrock:StopModelCustomizationJob": (f"bedrock:{_PLACE}model-customization-job/${{AssignedId}}",),
    **dict.fromkeys(("codebuild:StopBuild", "codebuild:BatchDeleteBuilds"), (_BUILD,)),
    **dict.fromkeys(("codebuild:RetryBuildBatch", "codebuild:StopBuildBatch", "codebuild:DeleteBuildBatch"), (_BUILD,)),
    "codebuild:BatchGetReports": (f"codebuild:{_PLACE}report-group/${{ReportGroupName}}",),
    "ecs:RunTask": (f"ecs:{_PLACE}task-definition/${{TaskDefinition}}",),
    "ecs:StopTask": (f"ecs:{_PLACE}task/${{ClusterName}}/${{AssignedId}}",),
    "ecs:DescribeTasks": (f"ecs:{_PLACE}task/${{ClusterName}}/${{AssignedId}}",),
    **dict.fromkeys(("eks:DescribeCluster", "eks:DeleteCluster"), (f"eks:{_PLACE}cluster/${{Name}}",)),
    "eks:CreateNodegroup": (_CLUSTER,),
    **dict.fromkeys(("eks:DescribeNodegroup", "eks:DeleteNodegroup"), (_NODEGROUP,)),
    "eks:CreateFargateProfile": (_CLUSTER,),
    **dict.fromkeys(("eks:DescribeFargateProfile", "eks:DeleteFargateProfile"), (_FARGATE,)),
    "iam:GetRole": ("iam::${Account}:role/${NodeRole}",),
    "iam:ListAttachedRolePolicies": ("iam::${Account}:role/${NodeRole}",),
    "elasticmapreduce:DescribeCluster": (f"elasticmapreduce:{_PLACE}cluster/${{ClusterId}}",),
    "elasticmapreduce:TerminateJobFlows": (f"elasticmapreduce:{_PLACE}cluster/${{ClusterId}}",),
    "emr-containers:DeleteVirtualCluster": (f"emr-containers:{_PLACE}/virtualclusters/${{Id}}",),
    "emr-containers:DescribeVirtualCluster": (f"emr-containers:{_PLACE}/virtualclusters/${{Id}}",),
    "emr-containers:DescribeJobRun": (_JOBRUN,),
    "emr-containers:CancelJobRun": (_JOBRUN,),
    "emr-serverless:CreateApplication": (f"emr-serverless:{_PLACE}/*",),
    "emr-serverless:GetJobRun": (f"emr-serverless:{_PLACE}/applications/${{ApplicationId}}/jobruns/${{JobRunId}}",),
    "emr-serverless:CancelJobRun": (f"emr-serverless:{_PLACE}/applications/${{ApplicationId}}/jobruns/${{JobRunId}}",),
    "mediaconvert:CreateJob": (
        f"mediaconvert:{_PLACE}queues/${{Queue}}",
        f"mediaconvert:{_PLACE}jobTemplates/${{JobTemplate}}",
        f"mediaconvert:{_PLACE}presets/*",
    ),
    "sagemaker:CreateEndpoint": (
        f"sagemaker:{_PLACE}endpoint/${{EndpointName}}",
        f"sagemaker:{_PLACE}endpoint-config/${{EndpointConfigName}}",
    ),
    **{
        f"sagemaker:{verb}{noun}": (f"sagemaker:{_PLACE}{kind}/${{{name}}}*",)
        for noun, kind, name in (
            ("TrainingJob", "training-job", "TrainingJobName"),
            ("TransformJob", "transform-job", "TransformJobName"),
            ("ProcessingJob", "processing-job", "ProcessingJobName"),
            ("LabelingJob", "labeling-job", "LabelingJobName"),
            ("HyperParameterTuningJob", "hyper-parameter-tuning-job", "HyperParameterTuningJobName"),
        )
        for verb in ("Create", "Describe", "Stop")
    },
}
"""The resources of an action where AWS's guide or the integration's own parameters differ from the plain reference."""

CONDITIONS: dict[str, dict[str, dict[str, str]]] = {
    "mediaconvert:GetJob": {"StringEquals": {"aws:ResourceTag/ManagedByService": "AWSStepFunctions"}},
    "mediaconvert:CancelJob": {"StringEquals": {"aws:ResourceTag/ManagedByService": "AWSStepFunctions"}},
}
FILLED_CONDITIONS = {"emr-containers:StartJobRun": ("emr-containers:ExecutionRoleArn", "ExecutionRoleArn")}
"""Conditions whose value is a parameter of the state."""
SERVICE_ROLES: dict[str, tuple[str, str]] = {
    "emr-containers:createVirtualCluster": ("emr-containers.amazonaws.com", "AWSServiceRoleForAmazonEMRContainers"),
    "emr-serverless:createApplication": ("ops.emr-serverless.amazonaws.com", "AWSServiceRoleForAmazonEMRServerless"),
}
"""Integrations whose first call makes the service's own role."""
UNSCOPED: dict[str, str] = {
    "batch:DescribeJobs": "AWS Batch describes jobs by id only",
    "ec2:DescribeSubnets": "EC2's Describe calls take no resources",
    "eks:CreateCluster": "the cluster is not there yet",
    "elasticmapreduce:RunJobFlow": "the cluster is not there yet",
    "emr-containers:CreateVirtualCluster": "the virtual cluster is not there yet",
    "lakeformation:GetDataAccess": "Lake Formation decides by its own grants",
    "logs:CreateLogDelivery": "log deliveries take no resources",
    "sns:Publish": "a phone number is no resource",
    "xray:PutTraceSegments": "X-Ray's write calls take no resources",
}
"""Why some actions of these rows stand on `*`; for any other, AWS's reference lists no resource type."""
