/**
 * AWS's own packages, in a module of their own that is imported when a target first needs it:
 * they cost memory that nobody else should pay.
 */
export { defaultProvider } from "@aws-sdk/credential-provider-node";
export { Sha256 } from "@smithy/core/checksum";
export { SignatureV4 } from "@smithy/signature-v4";
