"""Files of image/text reports: content-addressed, encrypted, in a folder or an S3 bucket."""
