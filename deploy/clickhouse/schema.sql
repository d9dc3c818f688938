CREATE DATABASE IF NOT EXISTS `health` ON CLUSTER `region` ENGINE = Atomic;

CREATE TABLE IF NOT EXISTS `health`.`schema_history_local` ON CLUSTER `region`
(
    `number` UInt32,
    `name` String,
    `checksum` FixedString(64),
    `applied_at` DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC'),
    `seconds` Float64
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
ORDER BY number
SETTINGS index_granularity = 8192, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Which migrations have run';

CREATE TABLE IF NOT EXISTS `health`.`schema_history` ON CLUSTER `region`
AS `health`.`schema_history_local`
ENGINE = Distributed('region', 'health', 'schema_history_local', 0);

CREATE TABLE IF NOT EXISTS `health`.`base_dept_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `dept_code` String COMMENT '院方科室code',
    `dept_name` String COMMENT '院方科室名称',
    `target_dept_code` LowCardinality(String) COMMENT '前置软件科室code代码',
    `target_dept_name` String COMMENT '前置软件科室code名称',
    `create_time` Nullable(DateTime64(3, 'UTC')) COMMENT '创建时间',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (institution, dept_code)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '科室字典';

CREATE TABLE IF NOT EXISTS `health`.`base_dept` ON CLUSTER `region`
AS `health`.`base_dept_local`
ENGINE = Distributed('region', 'health', 'base_dept_local', cityHash64(institution));

CREATE TABLE IF NOT EXISTS `health`.`base_user_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT '用户ID',
    `user_name` String COMMENT '用户真实姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '用户身份证件所属类别代码',
    `id_card` String COMMENT '用户的身份证号，尚未获得身份证号码的人员使用护照号等特定编码标识',
    `tel` String COMMENT '电话号码',
    `physician_no` String COMMENT '用户取得的医师执业资格证号',
    `org_code` LowCardinality(String) COMMENT '用户所属医疗机构在机构代码表中的代码',
    `dept_code` LowCardinality(String) COMMENT '用户所属科室在代码表中的代码',
    `create_time` Nullable(DateTime64(3, 'UTC')) COMMENT '用户在院内系统中的创建时间',
    `invalid_flag` Nullable(UInt8) COMMENT '1=作废，0=有效',
    `login_name` String COMMENT '登录名',
    `user_type_code` LowCardinality(String) COMMENT '用户类型，dd_user_type，（1公卫2临床3管理员）',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (institution, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '医务人员';

CREATE TABLE IF NOT EXISTS `health`.`base_user` ON CLUSTER `region`
AS `health`.`base_user_local`
ENGINE = Distributed('region', 'health', 'base_user_local', cityHash64(institution));

CREATE TABLE IF NOT EXISTS `health`.`emr_patient_info_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `gender_code` LowCardinality(String) COMMENT '性别',
    `gender_name` String COMMENT '性别',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `nationality_code` LowCardinality(String) COMMENT '国籍/地区',
    `nationality_name` String COMMENT '国籍/地区',
    `nation_code` LowCardinality(String) COMMENT '民族代码',
    `nation_name` String COMMENT '民族',
    `permanent_addr_code` LowCardinality(String) COMMENT '户籍地址代码',
    `permanent_addr_name` String COMMENT '户籍地址名称',
    `permanent_addr_detail` String COMMENT '户籍详细地址',
    `current_addr_code` LowCardinality(String) COMMENT '现住地区',
    `current_addr_name` String COMMENT '现住地区',
    `current_addr_detail` String COMMENT '现住详细地址',
    `workunit` String COMMENT '工作单位/学校名称',
    `marital_status_code` LowCardinality(String) COMMENT '婚姻状况代码',
    `marital_status_name` String COMMENT '婚姻状况名称',
    `tel` String COMMENT '电话号码',
    `contacts` String COMMENT '联系人/监护人姓名',
    `contacts_tel` String COMMENT '联系人/监护人电话号码',
    `education_code` LowCardinality(String) COMMENT '学历代码',
    `education_name` String COMMENT '学历名称',
    `nultitude_type_code` LowCardinality(String) COMMENT '人群分类代码',
    `nultitude_type_name` String COMMENT '人群分类名称',
    `nultitude_type_other` String COMMENT '人群分类其他',
    `qzrj_data_type` String COMMENT '数据处理类型',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '患者基本信息';

CREATE TABLE IF NOT EXISTS `health`.`emr_patient_info` ON CLUSTER `region`
AS `health`.`emr_patient_info_local`
ENGINE = Distributed('region', 'health', 'emr_patient_info_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_activity_info_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_id` String COMMENT '患者基本信息ID',
    `serial_number` String COMMENT '就诊流水号',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `activity_type_code` LowCardinality(String) COMMENT '就诊记录类型代码',
    `activity_type_name` String COMMENT '就诊记录类型名称',
    `activity_time` Nullable(DateTime64(3, 'UTC')) COMMENT '诊断活动发生日期时间',
    `chief_complaint` String COMMENT '主诉' CODEC(ZSTD(3)),
    `present_illness_his` String COMMENT '现病史/入院情况' CODEC(ZSTD(3)),
    `physical_examination` String COMMENT '体格检查' CODEC(ZSTD(3)),
    `studies_summary_result` String COMMENT '辅助检查' CODEC(ZSTD(3)),
    `diagnose_time` Nullable(DateTime64(3, 'UTC')) COMMENT '疾病诊断日期',
    `disease_code` LowCardinality(String) COMMENT '传染病疾病诊断',
    `disease_name` String COMMENT '传染病疾病诊断',
    `wm_disease_code` LowCardinality(String) COMMENT '西医疾病诊断',
    `wm_disease_name` String COMMENT '西医疾病诊断',
    `tcm_disease_code` LowCardinality(String) COMMENT '中医病名代码',
    `tcm_disease_name` String COMMENT '中医病名名称',
    `tcm_syndrome_code` LowCardinality(String) COMMENT '中医证候代码',
    `tcm_syndrome_name` String COMMENT '中医证候名称',
    `fill_doctor` String COMMENT '诊断医生姓名',
    `qzrj_data_type` String COMMENT '数据处理类型',
    `report_disease_code` LowCardinality(String) COMMENT '传报卡补充的病种代码',
    `report_disease_name` String COMMENT '传报卡补充的病种名称',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '诊疗活动信息';

CREATE TABLE IF NOT EXISTS `health`.`emr_activity_info` ON CLUSTER `region`
AS `health`.`emr_activity_info_local`
ENGINE = Distributed('region', 'health', 'emr_activity_info_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_outpatient_record_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_id` String COMMENT '患者基本信息ID',
    `serial_number` String COMMENT '就诊流水号',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `allergy_his_flag` Nullable(UInt8) COMMENT '过敏史标志',
    `allergy_his` String COMMENT '过敏史详情' CODEC(ZSTD(3)),
    `outpatient_date` Nullable(DateTime64(3, 'UTC')) COMMENT '门诊日期',
    `inital_diagnosis_code` LowCardinality(String) COMMENT '初诊标志代码',
    `chief_complaint` String COMMENT '主诉' CODEC(ZSTD(3)),
    `present_illness_his` String COMMENT '现病史' CODEC(ZSTD(3)),
    `past_illness_his` String COMMENT '既往史' CODEC(ZSTD(3)),
    `infection_his` String COMMENT '传染病史' CODEC(ZSTD(3)),
    `vaccination_his` String COMMENT '预防接种史' CODEC(ZSTD(3)),
    `operation_his` String COMMENT '手术史' CODEC(ZSTD(3)),
    `blood_transfusion` String COMMENT '输血史' CODEC(ZSTD(3)),
    `personal_his` String COMMENT '个人史' CODEC(ZSTD(3)),
    `marital_his` String COMMENT '婚育史' CODEC(ZSTD(3)),
    `menstrual_his` String COMMENT '月经史' CODEC(ZSTD(3)),
    `family_his` String COMMENT '家族史' CODEC(ZSTD(3)),
    `physical_examination` String COMMENT '体格检查' CODEC(ZSTD(3)),
    `observation_result` String COMMENT '观察结果' CODEC(ZSTD(3)),
    `studies_summary_result` String COMMENT '检查摘要结果' CODEC(ZSTD(3)),
    `wm_diagnosis_code` LowCardinality(String) COMMENT '西医诊断代码',
    `wm_diagnosis_name` String COMMENT '西医诊断名称',
    `tcm_inital_diagnosis_code` LowCardinality(String) COMMENT '中医初步诊断代码',
    `tcm_inital_diagnosis_name` String COMMENT '中医初步诊断名称',
    `tcm_inital_syndrome_code` LowCardinality(String) COMMENT '中医证候代码',
    `tcm_inital_syndrome_name` String COMMENT '中医证候名称',
    `differentiation_basis` String COMMENT '辨证依据',
    `treatment` String COMMENT '治法',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '门诊电子病历';

CREATE TABLE IF NOT EXISTS `health`.`emr_outpatient_record` ON CLUSTER `region`
AS `health`.`emr_outpatient_record_local`
ENGINE = Distributed('region', 'health', 'emr_outpatient_record_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_outpatient_obs_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_id` String COMMENT '患者基本信息ID',
    `serial_number` String COMMENT '门(急)诊号',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `allergy_his_flag` Nullable(UInt8) COMMENT '过敏史标志',
    `allergy_his` String COMMENT '过敏史' CODEC(ZSTD(3)),
    `outpatient_date` Nullable(DateTime64(3, 'UTC')) COMMENT '就诊日期时间',
    `inital_diagnosis_code` LowCardinality(String) COMMENT '初诊标志代码',
    `chief_complaint` String COMMENT '主诉' CODEC(ZSTD(3)),
    `present_illness_his` String COMMENT '现病史' CODEC(ZSTD(3)),
    `past_illness_his` String COMMENT '既往史' CODEC(ZSTD(3)),
    `physical_examination` String COMMENT '体格检查' CODEC(ZSTD(3)),
    `observation_result` String COMMENT '中医“四诊”观察结果' CODEC(ZSTD(3)),
    `studies_summary_result` String COMMENT '辅助检查' CODEC(ZSTD(3)),
    `wm_diagnosis_code` LowCardinality(String) COMMENT '初步诊断-西医诊断代码',
    `wm_diagnosis_name` String COMMENT '初步诊断-西医诊断名称',
    `tcm_inital_diagnosis_code` LowCardinality(String) COMMENT '初步诊断-中医病名代码',
    `tcm_inital_diagnosis_name` String COMMENT '初步诊断-中医病名名称',
    `tcm_inital_syndrome_code` LowCardinality(String) COMMENT '初步诊断-中医证候代码',
    `tcm_inital_syndrome_name` String COMMENT '初步诊断-中医证候名称',
    `differentiation_basis` String COMMENT '辨证依据',
    `treatment` String COMMENT '治则治法',
    `course` String COMMENT '急诊留观病程记录' CODEC(ZSTD(3)),
    `observation_date` Nullable(DateTime64(3, 'UTC')) COMMENT '收人观察室日期时间',
    `notes` String COMMENT '注意事项' CODEC(ZSTD(3)),
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '急诊留观记录';

CREATE TABLE IF NOT EXISTS `health`.`emr_outpatient_obs` ON CLUSTER `region`
AS `health`.`emr_outpatient_obs_local`
ENGINE = Distributed('region', 'health', 'emr_outpatient_obs_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_admission_info_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_id` String COMMENT '患者基本信息ID',
    `serial_number` String COMMENT '住院号',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `ward_name` String COMMENT '病区名称',
    `ward_no` String COMMENT '病房号',
    `bed_no` String COMMENT '病床号',
    `admission_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入院日期时间',
    `chief_complaint` String COMMENT '主诉' CODEC(ZSTD(3)),
    `present_illness_his` String COMMENT '现病史' CODEC(ZSTD(3)),
    `health_status_code` LowCardinality(String) COMMENT '一般健康状况标志',
    `past_illness_his` String COMMENT '疾病史(含外伤）' CODEC(ZSTD(3)),
    `infection_code` LowCardinality(String) COMMENT '患者传染性标志',
    `infection_his` String COMMENT '传染病史' CODEC(ZSTD(3)),
    `vaccination_his` String COMMENT '预防接种史' CODEC(ZSTD(3)),
    `operation_his` String COMMENT '手术史' CODEC(ZSTD(3)),
    `blood_transfusion` String COMMENT '输血史' CODEC(ZSTD(3)),
    `allergy_his` String COMMENT '过敏史' CODEC(ZSTD(3)),
    `personal_his` String COMMENT '个人史' CODEC(ZSTD(3)),
    `marital_his` String COMMENT '婚育史' CODEC(ZSTD(3)),
    `menstrual_his` String COMMENT '月经史' CODEC(ZSTD(3)),
    `family_his` String COMMENT '家族史' CODEC(ZSTD(3)),
    `physical_examination` String COMMENT '体格检查' CODEC(ZSTD(3)),
    `specialized_examination` String COMMENT '专科情况' CODEC(ZSTD(3)),
    `studies_summary_result` String COMMENT '辅助检查' CODEC(ZSTD(3)),
    `observation_result` String COMMENT '中医“四诊”观察结果' CODEC(ZSTD(3)),
    `treatment` String COMMENT '治则治法',
    `wm_inital_diagnosis_code` LowCardinality(String) COMMENT '初步诊断-西医诊断代码',
    `wm_inital_diagnosis_name` String COMMENT '初步诊断-西医诊断名称',
    `tcm_inital_diagnosis_code` LowCardinality(String) COMMENT '初步诊断-中医病名代码',
    `tcm_inital_diagnosis_name` String COMMENT '初步诊断-中医病名名称',
    `tcm_inital_syndrome_code` LowCardinality(String) COMMENT '初步诊断-中医证候代码',
    `tcm_inital_syndrome_name` String COMMENT '初步诊断-中医证候名称',
    `inital_diagnosis_date` Nullable(Date32) COMMENT '初步诊断日期',
    `wm_revised_diagnosis_code` LowCardinality(String) COMMENT '修正诊断-西医诊断代码',
    `wm_revised_diagnosis_name` String COMMENT '修正诊断-西医诊断名称',
    `tcm_revised_diagnosis_code` LowCardinality(String) COMMENT '修正诊断-中医病名代码',
    `tcm_revised_diagnosis_name` String COMMENT '修正诊断-中医病名名称',
    `tcm_revised_syndrome_code` LowCardinality(String) COMMENT '修正诊断-中医证候代码',
    `tcm_revised_syndrome_name` String COMMENT '修正诊断-中医证候名称',
    `revised_diagnosis_date` Nullable(Date32) COMMENT '修正诊断日期',
    `wm_confirmed_diagnosis_code` LowCardinality(String) COMMENT '确定诊断-西医诊断代码',
    `wm_confirmed_diagnosis_name` String COMMENT '确定诊断-西医诊断名称',
    `tcm_confirmed_diagnosis_code` LowCardinality(String) COMMENT '确定诊断-中医病名代码',
    `tcm_confirmed_diagnosis_name` String COMMENT '确定诊断-中医病名名称',
    `tcm_confirmed_syndrome_code` LowCardinality(String) COMMENT '确定诊断-中医证候代码',
    `tcm_confirmed_syndrome_name` String COMMENT '确定诊断-中医证候名称',
    `confirmed_diagnosis_date` Nullable(Date32) COMMENT '确定诊断日期',
    `complementary_diagnosis_name` String COMMENT '补充诊断名称',
    `complementary_diagnosis_code` LowCardinality(String) COMMENT '补充诊断编码',
    `complementary_diagnosis_date` Nullable(Date32) COMMENT '补充诊断日期',
    `admission_diagnosis_order` String COMMENT '入院诊断顺位',
    `visiting_physician_id` String COMMENT '接诊医师ID',
    `resident_physician_id` String COMMENT '住院医师ID',
    `chief_physician_id` String COMMENT '主治医师ID',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '入院记录';

CREATE TABLE IF NOT EXISTS `health`.`emr_admission_info` ON CLUSTER `region`
AS `health`.`emr_admission_info_local`
ENGINE = Distributed('region', 'health', 'emr_admission_info_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_first_course_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_id` String COMMENT '患者基本信息ID',
    `serial_number` String COMMENT '住院号',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `ward_name` String COMMENT '病区名称',
    `ward_no` String COMMENT '病房号',
    `bed_no` String COMMENT '病床号',
    `create_time` Nullable(DateTime64(3, 'UTC')) COMMENT '记录日期时间',
    `chief_complaint` String COMMENT '主诉' CODEC(ZSTD(3)),
    `present_illness_his` String COMMENT '病例特点' CODEC(ZSTD(3)),
    `observation_result` String COMMENT '中医“四诊”观察结果' CODEC(ZSTD(3)),
    `diagnosis_basis` String COMMENT '诊断依据' CODEC(ZSTD(3)),
    `wm_inital_diagnosis_code` LowCardinality(String) COMMENT '初步诊断-西医诊断代码',
    `wm_inital_diagnosis_name` String COMMENT '初步诊断-西医诊断名称',
    `tcm_inital_diagnosis_code` LowCardinality(String) COMMENT '初步诊断-中医病名代码',
    `tcm_inital_diagnosis_name` String COMMENT '初步诊断-中医病名名称',
    `tcm_inital_syndrome_code` LowCardinality(String) COMMENT '初步诊断-中医证候代码',
    `tcm_inital_syndrome_name` String COMMENT '初步诊断-中医证候名称',
    `wm_diff_diagnosis_code` LowCardinality(String) COMMENT '鉴别诊断-西医诊断代码',
    `wm_diff_diagnosis_name` String COMMENT '鉴别诊断-西医诊断名称',
    `tcm_primary_diagnosis_code` LowCardinality(String) COMMENT '鉴别诊断-中医病名代码',
    `tcm_primary_diagnosis_name` String COMMENT '鉴别诊断-中医病名名称',
    `tcm_primary_syndrome_code` LowCardinality(String) COMMENT '鉴别诊断-中医证候代码',
    `tcm_primary_syndrome_name` String COMMENT '鉴别诊断-中医证候名称',
    `treatment_plan` String COMMENT '诊疗计划' CODEC(ZSTD(3)),
    `treatment` String COMMENT '治则治法',
    `resident_physician_id` String COMMENT '住院医师ID',
    `disease_progression_code` LowCardinality(String) COMMENT '病情转归代码',
    `disease_progression_name` String COMMENT '病情转归名称',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '住院首次病程记录';

CREATE TABLE IF NOT EXISTS `health`.`emr_first_course` ON CLUSTER `region`
AS `health`.`emr_first_course_local`
ENGINE = Distributed('region', 'health', 'emr_first_course_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_daily_course_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_id` String COMMENT '患者基本信息ID',
    `serial_number` String COMMENT '住院号',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `ward_name` String COMMENT '病区名称',
    `ward_no` String COMMENT '病房号',
    `bed_no` String COMMENT '病床号',
    `create_time` Nullable(DateTime64(3, 'UTC')) COMMENT '记录日期时间',
    `course` String COMMENT '住院病程' CODEC(ZSTD(3)),
    `order_content` String COMMENT '医嘱内容' CODEC(ZSTD(3)),
    `observation_result` String COMMENT '中医“四诊”观察结果' CODEC(ZSTD(3)),
    `treatment` String COMMENT '辨证论治详细描述' CODEC(ZSTD(3)),
    `disease_progression_code` LowCardinality(String) COMMENT '病情转归代码',
    `disease_progression_name` String COMMENT '病情转归名称',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '住院日常病程记录';

CREATE TABLE IF NOT EXISTS `health`.`emr_daily_course` ON CLUSTER `region`
AS `health`.`emr_daily_course_local`
ENGINE = Distributed('region', 'health', 'emr_daily_course_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_discharge_info_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_id` String COMMENT '患者基本信息ID',
    `serial_number` String COMMENT '住院号',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `ward_name` String COMMENT '病区名称',
    `ward_no` String COMMENT '病房号',
    `bed_no` String COMMENT '病床号',
    `admission_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入院日期时间',
    `admission_desc` String COMMENT '入院情况' CODEC(ZSTD(3)),
    `admission_diagnosis_code` LowCardinality(String) COMMENT '入院诊断代码',
    `admission_diagnosis_name` String COMMENT '入院诊断名称',
    `studies_summary_result` String COMMENT '阳性辅助检查结果' CODEC(ZSTD(3)),
    `observation_result` String COMMENT '中医“四诊”观察结果' CODEC(ZSTD(3)),
    `treatment` String COMMENT '治则治法',
    `treatment_desc` String COMMENT '诊疗过程描述' CODEC(ZSTD(3)),
    `tcm_decoction_method` String COMMENT '中药煎煮方法',
    `tcm_use_method` String COMMENT '中药用药方法',
    `discharge_desc` String COMMENT '出院情况' CODEC(ZSTD(3)),
    `discharge_date` Nullable(DateTime64(3, 'UTC')) COMMENT '出院日期时间',
    `discharge_diagnosis_name` String COMMENT '出院诊断-西医诊断',
    `discharge_diagnosis_code` LowCardinality(String) COMMENT '出院诊断-西医诊断编码',
    `tcm_discharge_diagnosis_code` LowCardinality(String) COMMENT '出院诊断-中医病名代码',
    `tcm_discharge_diagnosis_name` String COMMENT '出院诊断-中医病名名称',
    `tcm_discharge_syndrome_code` LowCardinality(String) COMMENT '出院诊断-中医证候代码',
    `tcm_discharge_syndrome_name` String COMMENT '出院诊断-中医证候名称',
    `discharge_symptoms_signs` String COMMENT '出院时症状与体征' CODEC(ZSTD(3)),
    `discharge_order` String COMMENT '出院医嘱' CODEC(ZSTD(3)),
    `resident_physician_id` String COMMENT '住院医师ID',
    `chief_physician_id` String COMMENT '主治医师ID',
    `disease_progression_code` LowCardinality(String) COMMENT '病情转归代码',
    `disease_progression_name` String COMMENT '病情转归名称',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '出院记录';

CREATE TABLE IF NOT EXISTS `health`.`emr_discharge_info` ON CLUSTER `region`
AS `health`.`emr_discharge_info_local`
ENGINE = Distributed('region', 'health', 'emr_discharge_info_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_admission_record_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_id` String COMMENT '患者基本信息ID',
    `serial_number` String COMMENT '住院号',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `pay_method_code` LowCardinality(String) COMMENT '医疗付费方式代码',
    `pay_method_name` String COMMENT '医疗付费方式',
    `health_card_no` String COMMENT '居民健康卡号',
    `admission_num` Nullable(Int64) COMMENT '住院次数',
    `reg_no` String COMMENT '病案号',
    `admission_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入院日期时间',
    `admission_dept_code` LowCardinality(String) COMMENT '入院科别代码',
    `admission_dept_name` String COMMENT '入院科别名称',
    `ward_no` String COMMENT '入院病房',
    `discharge_date` Nullable(DateTime64(3, 'UTC')) COMMENT '出院日期时间',
    `discharge_dept_code` LowCardinality(String) COMMENT '出院科别代码',
    `discharge_dept_name` String COMMENT '出院科别名称',
    `discharge_ward` String COMMENT '出院病房',
    `admission_days` Nullable(Int64) COMMENT '实际住院天数',
    `wm_outpatient_diagnosis_code` LowCardinality(String) COMMENT '门（急)诊诊断代码',
    `wm_outpatient_diagnosis_name` String COMMENT '门（急)诊诊断名称',
    `discharge_diagnosis_name` String COMMENT '出院诊断-主要西医诊断',
    `discharge_diagnosis_code` LowCardinality(String) COMMENT '出院诊断-主要西医诊断代码',
    `wm_other_diagnosis_code` LowCardinality(String) COMMENT '出院诊断-其他诊断代码',
    `wm_other_diagnosis_name` String COMMENT '出院诊断-其他诊断名称',
    `external_causes_code` LowCardinality(String) COMMENT '损伤中毒的外部原因疾病代码',
    `external_causes_name` String COMMENT '损伤中毒的外部原因疾病名称',
    `external_causes_system_name` String COMMENT '损伤中毒的外部原因系统疾病名称',
    `pathological_diagnosis_name` String COMMENT '病理诊断名称',
    `pathological_diagnosis_code` LowCardinality(String) COMMENT '病理诊断代码',
    `pathological_no` String COMMENT '病理号',
    `allergy_code` LowCardinality(String) COMMENT '药物过敏标志',
    `allergy_drug` String COMMENT '过敏药物' CODEC(ZSTD(3)),
    `autopsy_code` LowCardinality(String) COMMENT '死亡患者尸检标志',
    `chief_physician_id` String COMMENT '主治医师ID',
    `resident_physician_id` String COMMENT '住院医师ID',
    `accept_org_code` LowCardinality(String) COMMENT '拟接收医疗机构代码',
    `accept_org_name` String COMMENT '拟接收医疗机构名称',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '住院病案首页';

CREATE TABLE IF NOT EXISTS `health`.`emr_admission_record` ON CLUSTER `region`
AS `health`.`emr_admission_record_local`
ENGINE = Distributed('region', 'health', 'emr_admission_record_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_death_info_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_id` String COMMENT '患者基本信息ID',
    `serial_number` String COMMENT '就诊流水号',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `activity_type_code` LowCardinality(String) COMMENT '就诊记录类型代码',
    `activity_type_name` String COMMENT '就诊记录类型名称',
    `treatment_desc` String COMMENT '诊疗过程描述' CODEC(ZSTD(3)),
    `dead_date` Nullable(DateTime64(3, 'UTC')) COMMENT '死亡日期时间',
    `direct_cause_code` LowCardinality(String) COMMENT '直接死亡原因代码',
    `direct_cause_name` String COMMENT '直接死亡原因名称',
    `death_diagnosis_name` String COMMENT '死亡诊断名称',
    `death_diagnosis_code` LowCardinality(String) COMMENT '死亡诊断编码',
    `chief_physician_id` String COMMENT '主治医师ID',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '死亡信息';

CREATE TABLE IF NOT EXISTS `health`.`emr_death_info` ON CLUSTER `region`
AS `health`.`emr_death_info_local`
ENGINE = Distributed('region', 'health', 'emr_death_info_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_ex_clinical_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_id` String COMMENT '患者基本信息ID',
    `serial_number` String COMMENT '就诊流水号',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `activity_type_code` LowCardinality(String) COMMENT '就诊记录类型代码',
    `activity_type_name` String COMMENT '就诊记录类型名称',
    `ward_name` String COMMENT '病区名称',
    `ward_no` String COMMENT '病房号',
    `bed_no` String COMMENT '病床号',
    `application_form_no` String COMMENT '电子申请单编号',
    `apply_org_code` LowCardinality(String) COMMENT '申请机构代码',
    `apply_org_name` String COMMENT '申请机构名称',
    `apply_dept_code` LowCardinality(String) COMMENT '申请科室代码',
    `apply_dept_name` String COMMENT '申请科室名称',
    `chief_complaint` String COMMENT '主诉' CODEC(ZSTD(3)),
    `symptom_start_date` Nullable(DateTime64(3, 'UTC')) COMMENT '症状开始时间',
    `symptom_end_date` Nullable(DateTime64(3, 'UTC')) COMMENT '症状停止时间',
    `symptom_desc` String COMMENT '症状描述' CODEC(ZSTD(3)),
    `treatment_desc` String COMMENT '诊疗过程描述' CODEC(ZSTD(3)),
    `special_examination_code` LowCardinality(String) COMMENT '特殊检查标志',
    `examination_objective_desc` String COMMENT '检查报告结果-客观所见' CODEC(ZSTD(3)),
    `examination_subjective_desc` String COMMENT '检查报告结果-主观提示' CODEC(ZSTD(3)),
    `examination_notes` String COMMENT '检查报告备注' CODEC(ZSTD(3)),
    `examination_report_no` String COMMENT '检查报告单编号',
    `examination_report_date` Nullable(DateTime64(3, 'UTC')) COMMENT '检查报告日期',
    `examination_report_id` String COMMENT '报告医师ID',
    `examination_type_code` LowCardinality(String) COMMENT '检查类别代码',
    `examination_type_name` String COMMENT '检查类别名称',
    `org_code` LowCardinality(String) COMMENT '检查报告机构代码',
    `org_name` String COMMENT '检查报告机构名称',
    `dept_code` LowCardinality(String) COMMENT '检查报告科室代码',
    `dept_name` String COMMENT '检查报告科室名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '检查报告';

CREATE TABLE IF NOT EXISTS `health`.`emr_ex_clinical` ON CLUSTER `region`
AS `health`.`emr_ex_clinical_local`
ENGINE = Distributed('region', 'health', 'emr_ex_clinical_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_ex_clinical_item_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `ex_clinical_id` String COMMENT '检查报告ID',
    `item_name` String COMMENT '检查项目',
    `examination_result_code` LowCardinality(String) COMMENT '检查结果代码',
    `examination_result_name` String COMMENT '检查结果名称',
    `examination_quantification` String COMMENT '检查定量结果',
    `examination_quantification_unit` String COMMENT '检查定量结果计量单位',
    `item_code` LowCardinality(String) COMMENT '检查项目代码',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '检查报告细项';

CREATE TABLE IF NOT EXISTS `health`.`emr_ex_clinical_item` ON CLUSTER `region`
AS `health`.`emr_ex_clinical_item_local`
ENGINE = Distributed('region', 'health', 'emr_ex_clinical_item_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_ex_lab_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_id` String COMMENT '患者基本信息ID',
    `serial_number` String COMMENT '就诊流水号',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `activity_type_code` LowCardinality(String) COMMENT '就诊记录类型代码',
    `activity_type_name` String COMMENT '就诊记录类型名称',
    `ward_name` String COMMENT '病区名称',
    `ward_no` String COMMENT '病房号',
    `bed_no` String COMMENT '病床号',
    `application_form_no` String COMMENT '电子申请单编号',
    `apply_org_code` LowCardinality(String) COMMENT '申请机构代码',
    `apply_org_name` String COMMENT '申请机构名称',
    `apply_dept_code` LowCardinality(String) COMMENT '申请科室代码',
    `apply_dept_name` String COMMENT '申请科室名称',
    `apply_physician_id` String COMMENT '检验申请医师ID',
    `specimen_no` String COMMENT '检验标本号',
    `specimen_sampling_date` Nullable(DateTime64(3, 'UTC')) COMMENT '标本采样日期时间',
    `specimen_receiving_date` Nullable(DateTime64(3, 'UTC')) COMMENT '接收标本日期时间',
    `examination_physician_id` String COMMENT '检验医师ID',
    `examination_date` Nullable(DateTime64(3, 'UTC')) COMMENT '检验日期',
    `examination_report_no` String COMMENT '检验报告单编号',
    `examination_objective_desc` String COMMENT '检验报告结果-客观所见' CODEC(ZSTD(3)),
    `examination_subjective_desc` String COMMENT '检验报告结果-主观提示' CODEC(ZSTD(3)),
    `examination_notes` String COMMENT '检验报告备注' CODEC(ZSTD(3)),
    `examination_report_date` Nullable(DateTime64(3, 'UTC')) COMMENT '检验报告日期',
    `examination_report_id` String COMMENT '报告医师ID',
    `specimen_category_code` LowCardinality(String) COMMENT '标本类别代码',
    `specimen_category_name` String COMMENT '标本类别名称',
    `org_code` LowCardinality(String) COMMENT '检验报告机构代码',
    `org_name` String COMMENT '检验报告机构名称',
    `dept_code` LowCardinality(String) COMMENT '检验报告科室代码',
    `dept_name` String COMMENT '检验报告科室名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '检验报告';

CREATE TABLE IF NOT EXISTS `health`.`emr_ex_lab` ON CLUSTER `region`
AS `health`.`emr_ex_lab_local`
ENGINE = Distributed('region', 'health', 'emr_ex_lab_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_ex_lab_item_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `ex_lab_id` String COMMENT '检验报告ID',
    `item_code` LowCardinality(String) COMMENT '检验项目代码',
    `item_name` String COMMENT '检验项目名称',
    `examination_result_code` LowCardinality(String) COMMENT '检验定性结果代码',
    `examination_result_name` String COMMENT '检验定性结果名称',
    `examination_quantification` String COMMENT '检验定量结果',
    `examination_quantification_unit` String COMMENT '检验定量结果计量单位',
    `examination_quantification_lower` String COMMENT '检验定量结果参考区间-下限',
    `examination_quantification_upper` String COMMENT '检验定量结果参考区间-上限',
    `examination_quantification_ri` LowCardinality(String) COMMENT '检验定量结果超出或低于参考值',
    `source_examination_result_code` String COMMENT '患者检验结果在医院信息系统编码体系中的分类代码',
    `source_examination_result_name` String COMMENT '患者检验结果名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '检验报告细项';

CREATE TABLE IF NOT EXISTS `health`.`emr_ex_lab_item` ON CLUSTER `region`
AS `health`.`emr_ex_lab_item_local`
ENGINE = Distributed('region', 'health', 'emr_ex_lab_item_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_order_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_id` String COMMENT '患者基本信息ID',
    `serial_number` String COMMENT '就诊流水号',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `activity_type_code` LowCardinality(String) COMMENT '就诊记录类型代码',
    `activity_type_name` String COMMENT '就诊记录类型名称',
    `prescription_no` String COMMENT '处方编号',
    `prescription_type_code` LowCardinality(String) COMMENT '处方类别代码',
    `prescription_issuance_date` Nullable(DateTime64(3, 'UTC')) COMMENT '处方开立日期',
    `prescription_validity_days` Nullable(Int64) COMMENT '处方有效天数',
    `excute_date` Nullable(DateTime64(3, 'UTC')) COMMENT '医嘱处方执行日期',
    `prescription_issuance_id` String COMMENT '处方开立医师ID',
    `prescription_dispensing_id` String COMMENT '处方发药药剂师ID',
    `prescription_notes` String COMMENT '处方备注信息',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '医嘱处方';

CREATE TABLE IF NOT EXISTS `health`.`emr_order` ON CLUSTER `region`
AS `health`.`emr_order_local`
ENGINE = Distributed('region', 'health', 'emr_order_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_order_item_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `order_id` String COMMENT '医嘱处方ID',
    `drug_code` LowCardinality(String) COMMENT '药物代码',
    `drug_name` String COMMENT '药物名称',
    `drug_specifications` String COMMENT '药物规格',
    `drug_dosage_code` String COMMENT '单次用药剂量',
    `drug_dosage_unit_code` LowCardinality(String) COMMENT '药物使用剂量单位代码',
    `drug_dosage_unit_name` String COMMENT '药物使用剂量单位名称',
    `drug_dosage_total` String COMMENT '药物使用总剂量',
    `tcm_prescription` String COMMENT '中药饮片处方',
    `tcm_number` Nullable(Int64) COMMENT '中药饮片剂数(剂)',
    `tcm_decoction_method` String COMMENT '中药饮片煎煮法',
    `tcm_use_method` String COMMENT '中药用药方法',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '医嘱处方细项';

CREATE TABLE IF NOT EXISTS `health`.`emr_order_item` ON CLUSTER `region`
AS `health`.`emr_order_item_local`
ENGINE = Distributed('region', 'health', 'emr_order_item_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_vital_signs_record_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_id` String COMMENT '患者基本信息ID',
    `serial_number` String COMMENT '就诊流水号',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `activity_type_code` LowCardinality(String) COMMENT '就诊记录类型代码',
    `activity_type_name` String COMMENT '就诊记录类型名称',
    `ventilatorused_code` LowCardinality(String) COMMENT '是否使用呼吸机代码',
    `ventilatorused_name` String COMMENT '是否使用呼吸机名称',
    `critical_care_code` LowCardinality(String) COMMENT '是否重症监护代码',
    `critical_care_name` String COMMENT '是否重症监护名称',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '生命体征记录';

CREATE TABLE IF NOT EXISTS `health`.`emr_vital_signs_record` ON CLUSTER `region`
AS `health`.`emr_vital_signs_record_local`
ENGINE = Distributed('region', 'health', 'emr_vital_signs_record_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`emr_inf_report_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `id` String COMMENT 'ID',
    `patient_id` String COMMENT '患者基本信息ID',
    `serial_number` String COMMENT '就诊流水号',
    `patient_name` String COMMENT '患者姓名',
    `id_card_type_code` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_card_type_name` String COMMENT '身份证件类别名称',
    `id_card` String COMMENT '身份证件号',
    `activity_type_code` LowCardinality(String) COMMENT '就诊记录类型代码',
    `activity_type_name` String COMMENT '就诊记录类型名称',
    `is_dead_by_this_code` LowCardinality(String) COMMENT '是否因此病死亡代码',
    `is_dead_by_this_name` String COMMENT '是否因此病死亡名称',
    `onset_date` Nullable(Date32) COMMENT '发病日期',
    `symptoms_code` LowCardinality(String) COMMENT '直接死亡诊断代码',
    `symptoms_name` String COMMENT '直接死亡诊断名称',
    `diagnose_time` Nullable(DateTime64(3, 'UTC')) COMMENT '诊断时间',
    `disease_code` LowCardinality(String) COMMENT '疾病代码',
    `disease_name` String COMMENT '疾病名称',
    `disease_other` String COMMENT '其他疾病说明',
    `diagnose_state_code` LowCardinality(String) COMMENT '病例分类代码',
    `diagnose_state_name` String COMMENT '病例分类名称',
    `case_type_code` LowCardinality(String) COMMENT '病例类型代码',
    `case_type_name` String COMMENT '病例类型名称',
    `dead_date` Nullable(DateTime64(3, 'UTC')) COMMENT '死亡日期',
    `laboratory_detection_verdict_code` LowCardinality(String) COMMENT '实验室检测结论代码',
    `laboratory_detection_verdict_name` String COMMENT '实验室检测结论名称',
    `detection_positive_date` Nullable(Date32) COMMENT '检测阳性日期',
    `detection_org_code` LowCardinality(String) COMMENT '确认检测单位',
    `dt_diagnose` Nullable(Date32) COMMENT '确认检测日期',
    `afp_areatype1_code` LowCardinality(String) COMMENT '病人所属类型代码',
    `afp_areatype1_name` String COMMENT '病人所属类型名称',
    `afp_palsy_date` Nullable(Date32) COMMENT '麻痹日期',
    `afp_doctor_date` Nullable(Date32) COMMENT '就诊日期',
    `afp_areatype2_code` LowCardinality(String) COMMENT '就诊地址类型代码',
    `afp_areatype2_name` String COMMENT '就诊地址类型名称',
    `afp_addrcode_code` LowCardinality(String) COMMENT '就诊地区代码',
    `afp_addrcode_name` String COMMENT '就诊地区名称',
    `afp_addr` String COMMENT '就诊详细地址',
    `afp_palsy_symptom` String COMMENT '麻痹症状',
    `report_date` Nullable(DateTime64(3, 'UTC')) COMMENT '报告日期',
    `discovery_mode_code` LowCardinality(String) COMMENT '发现方式代码',
    `discovery_mode_name` String COMMENT '发现方式名称',
    `discovery_mode_other` String COMMENT '其他发现方式',
    `venereal_dis_code` LowCardinality(String) COMMENT '性病史代码',
    `venereal_dis_name` String COMMENT '性病史名称',
    `bs_transmission_code` LowCardinality(String) COMMENT '感染途径代码',
    `bs_transmission_name` String COMMENT '感染途径名称',
    `bs_transmission_other` String COMMENT '其他感染途径',
    `contact_type_code` LowCardinality(String) COMMENT '接触方式代码',
    `contact_type_name` String COMMENT '接触方式名称',
    `inject_count` Nullable(Int64) COMMENT '共用过注射器的人数',
    `nonweb_count` Nullable(Int64) COMMENT '非婚异性性行为人数',
    `sm_count` Nullable(Int64) COMMENT '同性性行为人数',
    `contact_other` String COMMENT '其他接触方式',
    `sinfect_code` LowCardinality(String) COMMENT '是否重症或合并感染代码',
    `sinfect_name` String COMMENT '是否重症或合并感染名称',
    `serverity_code` LowCardinality(String) COMMENT '手足口病严重程度代码',
    `serverity_name` String COMMENT '手足口病严重程度名称',
    `lab_result_code` LowCardinality(String) COMMENT '病原检测结果代码',
    `lab_result_name` String COMMENT '病原检测结果名称',
    `hbsag_code` LowCardinality(String) COMMENT 'HBsAg阳性时间代码',
    `hbsag_name` String COMMENT 'HBsAg阳性时间名称',
    `hbsag_first` Nullable(Date32) COMMENT '首次出现乙肝症状和体征的日期',
    `hbsag_buxiang` String COMMENT '首次出现肝炎症状时间不详',
    `hbsag_alt` String COMMENT '本次ALT值',
    `hbcig_result_code` LowCardinality(String) COMMENT '抗-HBc IgM 1:1000检测结果代码',
    `hbcig_result_name` String COMMENT '抗-HBc IgM 1:1000检测结果名称',
    `hbliver_puncture_code` LowCardinality(String) COMMENT '肝穿检测结果代码',
    `hbliver_puncture_name` String COMMENT '肝穿检测结果名称',
    `hbsag_change_code` LowCardinality(String) COMMENT '恢复期血清HBsAg阴转代码',
    `hbsag_change_name` String COMMENT '恢复期血清HBsAg阴转名称',
    `contactflag_code` LowCardinality(String) COMMENT '密切接触者有无相同症状代码',
    `contactflag_name` String COMMENT '密切接触者有无相同症状名称',
    `fill_doctor` String COMMENT '填报医生',
    `notes` String COMMENT '备注',
    `ncv_severity_code` LowCardinality(String) COMMENT '新冠病毒感染严重程度代码',
    `ncv_severity_name` String COMMENT '新冠病毒感染严重程度名称',
    `foreign_type_code` LowCardinality(String) COMMENT '输入病例类型代码',
    `foreign_type_name` String COMMENT '输入病例类型名称',
    `place_code` LowCardinality(String) COMMENT '发病地点代码',
    `place_name` String COMMENT '发病地点名称',
    `report_zone_code` LowCardinality(String) COMMENT '报告地区代码',
    `report_zone_name` String COMMENT '报告地区名称',
    `report_org_code` LowCardinality(String) COMMENT '报告机构代码',
    `report_org_name` String COMMENT '报告机构名称',
    `gender_code` LowCardinality(String) COMMENT '性别代码',
    `gender_name` String COMMENT '性别名称',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `nationality_code` LowCardinality(String) COMMENT '国籍代码',
    `nationality_name` String COMMENT '国籍名称',
    `nation_code` LowCardinality(String) COMMENT '民族代码',
    `nation_name` String COMMENT '民族名称',
    `permanent_addr_code` LowCardinality(String) COMMENT '常住地址代码',
    `permanent_addr_name` String COMMENT '常住地址名称',
    `permanent_addr_detail` String COMMENT '常住地址详情',
    `current_addr_code` LowCardinality(String) COMMENT '现住址代码',
    `current_addr_name` String COMMENT '现住址名称',
    `current_addr_detail` String COMMENT '现住址详情',
    `workunit` String COMMENT '工作单位',
    `marital_status_code` LowCardinality(String) COMMENT '婚姻状况代码',
    `marital_status_name` String COMMENT '婚姻状况名称',
    `tel` String COMMENT '电话号码',
    `contacts` String COMMENT '联系人',
    `contacts_tel` String COMMENT '联系人电话',
    `education_code` LowCardinality(String) COMMENT '教育程度代码',
    `education_name` String COMMENT '教育程度名称',
    `nultitude_type_code` LowCardinality(String) COMMENT '人群类型代码',
    `nultitude_type_name` String COMMENT '人群类型名称',
    `nultitude_type_other` String COMMENT '其他人群类型',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `operator_id` String COMMENT '操作人ID',
    `operation_time` Nullable(DateTime64(3, 'UTC')) COMMENT '操作时间',
    `invalid_flag` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `data_status` String COMMENT '数据状态(0 未传输 1 已传输)',
    `create_date` Nullable(DateTime64(3, 'UTC')) COMMENT '入库日期',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, id)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '传染病报告卡';

CREATE TABLE IF NOT EXISTS `health`.`emr_inf_report` ON CLUSTER `region`
AS `health`.`emr_inf_report_local`
ENGINE = Distributed('region', 'health', 'emr_inf_report_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`registration_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `registration_no` String COMMENT '挂号流水号',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `visit_no` String COMMENT '就诊流水号',
    `visit_kind` LowCardinality(String) COMMENT '就诊类别代码',
    `registered_at` Nullable(DateTime64(3, 'UTC')) COMMENT '挂号时间',
    `registration_kind` LowCardinality(String) COMMENT '挂号类别代码',
    `state` LowCardinality(String) COMMENT '挂号状态代码',
    `booked` Nullable(UInt8) COMMENT '预约标志',
    `booked_for` Nullable(DateTime64(3, 'UTC')) COMMENT '预约就诊时间',
    `called_at` Nullable(DateTime64(3, 'UTC')) COMMENT '进诊室时间',
    `first_visit` Nullable(UInt8) COMMENT '初诊标志',
    `fee` Nullable(Decimal(18, 2)) COMMENT '挂号诊疗费',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, registration_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '挂号记录';

CREATE TABLE IF NOT EXISTS `health`.`registration` ON CLUSTER `region`
AS `health`.`registration_local`
ENGINE = Distributed('region', 'health', 'registration_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`visit_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `visit_no` String COMMENT '就诊流水号',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `visit_kind` LowCardinality(String) COMMENT '就诊类别代码',
    `started_at` Nullable(DateTime64(3, 'UTC')) COMMENT '就诊(入院)时间',
    `ended_at` Nullable(DateTime64(3, 'UTC')) COMMENT '结束(出院)时间',
    `first_visit` Nullable(UInt8) COMMENT '初诊标志',
    `emergency` Nullable(UInt8) COMMENT '急诊标志',
    `chief_complaint` String COMMENT '主诉' CODEC(ZSTD(3)),
    `present_illness` String COMMENT '现病史' CODEC(ZSTD(3)),
    `diagnosis` LowCardinality(String) COMMENT '主要诊断代码',
    `diagnosis_text` String COMMENT '主要诊断',
    `tcm_diagnosis` LowCardinality(String) COMMENT '中医病名代码',
    `tcm_diagnosis_text` String COMMENT '中医病名',
    `tcm_syndrome` LowCardinality(String) COMMENT '中医证候代码',
    `tcm_syndrome_text` String COMMENT '中医证候',
    `admission_route` LowCardinality(String) COMMENT '入院途径代码',
    `admission_route_text` String COMMENT '入院途径',
    `discharge_mode` LowCardinality(String) COMMENT '离院方式代码',
    `discharge_mode_text` String COMMENT '离院方式',
    `outcome` LowCardinality(String) COMMENT '病情转归代码',
    `outcome_text` String COMMENT '病情转归',
    `inpatient_no` String COMMENT '住院号',
    `record_no` String COMMENT '病案号',
    `ward_name` String COMMENT '病区名称',
    `bed_no` String COMMENT '病床号',
    `stay_days` Nullable(Int64) COMMENT '实际住院天数',
    `pay_method` LowCardinality(String) COMMENT '医疗付费方式代码',
    `referral_no` String COMMENT '转诊单号',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, visit_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '就诊记录';

CREATE TABLE IF NOT EXISTS `health`.`visit` ON CLUSTER `region`
AS `health`.`visit_local`
ENGINE = Distributed('region', 'health', 'visit_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`diagnosis_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `diagnosis_no` String COMMENT '诊断流水号',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `visit_no` String COMMENT '就诊流水号',
    `visit_kind` LowCardinality(String) COMMENT '就诊类别代码',
    `diagnosis_kind` LowCardinality(String) COMMENT '诊断类别代码',
    `diagnosis_kind_text` String COMMENT '诊断类别',
    `diagnosis` LowCardinality(String) COMMENT '疾病诊断代码',
    `diagnosis_text` String COMMENT '疾病诊断',
    `position` Nullable(Int64) COMMENT '诊断顺位',
    `principal` Nullable(UInt8) COMMENT '主要诊断标志',
    `on_admission` LowCardinality(String) COMMENT '入院病情代码',
    `on_admission_text` String COMMENT '入院病情',
    `outcome` LowCardinality(String) COMMENT '病情转归代码',
    `outcome_text` String COMMENT '病情转归',
    `onset_at` Nullable(DateTime64(3, 'UTC')) COMMENT '发病时间',
    `diagnosed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '诊断时间',
    `resolved_at` Nullable(DateTime64(3, 'UTC')) COMMENT '痊愈时间',
    `clinical_status` String COMMENT '临床状态',
    `certainty` String COMMENT '确认程度',
    `chronic` Nullable(UInt8) COMMENT '慢性病标志',
    `note` String COMMENT '备注' CODEC(ZSTD(3)),
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, diagnosis_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '诊断记录';

CREATE TABLE IF NOT EXISTS `health`.`diagnosis` ON CLUSTER `region`
AS `health`.`diagnosis_local`
ENGINE = Distributed('region', 'health', 'diagnosis_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`charge_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `charge_no` String COMMENT '收费(结算)流水号',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `visit_no` String COMMENT '就诊流水号',
    `visit_kind` LowCardinality(String) COMMENT '就诊类别代码',
    `charged_at` Nullable(DateTime64(3, 'UTC')) COMMENT '收费(结算)时间',
    `state` LowCardinality(String) COMMENT '收费状态代码',
    `original_no` String COMMENT '原收费流水号',
    `total` Nullable(Decimal(18, 2)) COMMENT '总费用',
    `insurance_paid` Nullable(Decimal(18, 2)) COMMENT '医保基金支付',
    `self_paid` Nullable(Decimal(18, 2)) COMMENT '个人支付',
    `account_paid` Nullable(Decimal(18, 2)) COMMENT '个人账户支付',
    `relief_paid` Nullable(Decimal(18, 2)) COMMENT '医疗救助支付',
    `pay_method` LowCardinality(String) COMMENT '医疗付费方式代码',
    `insurance_no` String COMMENT '医保结算号',
    `invoice_no` String COMMENT '票据号',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, charge_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '收费记录';

CREATE TABLE IF NOT EXISTS `health`.`charge` ON CLUSTER `region`
AS `health`.`charge_local`
ENGINE = Distributed('region', 'health', 'charge_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`charge_item_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `item_no` String COMMENT '收费明细流水号',
    `charge_no` String COMMENT '收费(结算)流水号',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `visit_no` String COMMENT '就诊流水号',
    `visit_kind` LowCardinality(String) COMMENT '就诊类别代码',
    `charged_at` Nullable(DateTime64(3, 'UTC')) COMMENT '记账时间',
    `item` LowCardinality(String) COMMENT '收费项目代码',
    `item_text` String COMMENT '收费项目',
    `local_item` String COMMENT '院内项目编码',
    `fee_class_out` LowCardinality(String) COMMENT '门诊费用分类代码',
    `fee_class_out_text` String COMMENT '门诊费用分类',
    `fee_class_in` LowCardinality(String) COMMENT '住院费用分类代码',
    `fee_class_in_text` String COMMENT '住院费用分类',
    `specification` String COMMENT '规格',
    `unit` String COMMENT '计价单位',
    `price` Nullable(Decimal(18, 4)) COMMENT '单价',
    `quantity` Nullable(Decimal(18, 4)) COMMENT '数量',
    `amount` Nullable(Decimal(18, 2)) COMMENT '金额',
    `insurance_amount` Nullable(Decimal(18, 2)) COMMENT '纳入医保金额',
    `self_rate` Nullable(Int64) COMMENT '自付比例',
    `order_no` String COMMENT '医嘱(处方)号',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, item_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '收费明细';

CREATE TABLE IF NOT EXISTS `health`.`charge_item` ON CLUSTER `region`
AS `health`.`charge_item_local`
ENGINE = Distributed('region', 'health', 'charge_item_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`operation_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `operation_no` String COMMENT '手术流水号',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `visit_no` String COMMENT '就诊流水号',
    `visit_kind` LowCardinality(String) COMMENT '就诊类别代码',
    `operation` LowCardinality(String) COMMENT '手术及操作代码',
    `operation_text` String COMMENT '手术及操作',
    `operation_level` LowCardinality(String) COMMENT '手术级别代码',
    `operation_level_text` String COMMENT '手术级别',
    `position` Nullable(Int64) COMMENT '手术顺位',
    `elective` Nullable(UInt8) COMMENT '择期手术标志',
    `minimally_invasive` Nullable(UInt8) COMMENT '微创手术标志',
    `day_surgery` Nullable(UInt8) COMMENT '日间手术标志',
    `started_at` Nullable(DateTime64(3, 'UTC')) COMMENT '手术开始时间',
    `ended_at` Nullable(DateTime64(3, 'UTC')) COMMENT '手术结束时间',
    `preoperative_diagnosis` LowCardinality(String) COMMENT '术前诊断代码',
    `preoperative_diagnosis_text` String COMMENT '术前诊断',
    `postoperative_diagnosis` LowCardinality(String) COMMENT '术后诊断代码',
    `postoperative_diagnosis_text` String COMMENT '术后诊断',
    `site` String COMMENT '手术部位',
    `surgeon_id` String COMMENT '术者ID',
    `surgeon_name` String COMMENT '术者姓名',
    `assistants` String COMMENT '助手姓名',
    `anaesthesia` LowCardinality(String) COMMENT '麻醉方法代码',
    `anaesthesia_text` String COMMENT '麻醉方法',
    `anaesthetist_name` String COMMENT '麻醉医师姓名',
    `asa` LowCardinality(String) COMMENT 'ASA 分级代码',
    `asa_text` String COMMENT 'ASA 分级',
    `incision_type` LowCardinality(String) COMMENT '切口类别代码',
    `incision_type_text` String COMMENT '切口类别',
    `incision_healing` LowCardinality(String) COMMENT '切口愈合等级代码',
    `incision_healing_text` String COMMENT '切口愈合等级',
    `prophylactic_antibiotic` Nullable(UInt8) COMMENT '预防使用抗菌药物标志',
    `complication` Nullable(UInt8) COMMENT '手术并发症标志',
    `complication_text` String COMMENT '手术并发症描述',
    `blood_loss` Nullable(Int64) COMMENT '出血量',
    `transfusion` Nullable(Int64) COMMENT '输血量',
    `description` String COMMENT '手术经过' CODEC(ZSTD(3)),
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, operation_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '手术记录';

CREATE TABLE IF NOT EXISTS `health`.`operation` ON CLUSTER `region`
AS `health`.`operation_local`
ENGINE = Distributed('region', 'health', 'operation_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`observation_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `observation_no` String COMMENT '测量流水号',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `visit_no` String COMMENT '就诊流水号',
    `visit_kind` LowCardinality(String) COMMENT '就诊类别代码',
    `item` LowCardinality(String) COMMENT '测量项目代码',
    `item_text` String COMMENT '测量项目',
    `observed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '测量时间',
    `value` Nullable(Decimal(18, 4)) COMMENT '数值',
    `value_text` String COMMENT '文字结果',
    `value_code` LowCardinality(String) COMMENT '结果代码',
    `unit` String COMMENT '计量单位',
    `range_low` Nullable(Decimal(18, 4)) COMMENT '参考区间下限',
    `range_high` Nullable(Decimal(18, 4)) COMMENT '参考区间上限',
    `range_flag` LowCardinality(String) COMMENT '结果与参考区间',
    `method` String COMMENT '测量方法',
    `device` String COMMENT '设备',
    `group_no` String COMMENT '同组测量号',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, observation_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '体征与测量';

CREATE TABLE IF NOT EXISTS `health`.`observation` ON CLUSTER `region`
AS `health`.`observation_local`
ENGINE = Distributed('region', 'health', 'observation_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`allergy_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `allergy_no` String COMMENT '过敏记录号',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `none_known` Nullable(UInt8) COMMENT '无已知过敏标志',
    `allergen_kind` LowCardinality(String) COMMENT '过敏源类别代码',
    `allergen_kind_text` String COMMENT '过敏源类别',
    `allergen` LowCardinality(String) COMMENT '过敏源代码',
    `allergen_text` String COMMENT '过敏源',
    `drug_code` String COMMENT '过敏药物编码',
    `reaction` String COMMENT '过敏反应',
    `severity` LowCardinality(String) COMMENT '严重程度代码',
    `severity_text` String COMMENT '严重程度',
    `certainty` String COMMENT '确认程度',
    `onset_on` Nullable(Date32) COMMENT '首次发生日期',
    `recorded_on` Nullable(Date32) COMMENT '记录日期',
    `ended_on` Nullable(Date32) COMMENT '解除日期',
    `note` String COMMENT '备注' CODEC(ZSTD(3)),
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, allergy_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '过敏记录';

CREATE TABLE IF NOT EXISTS `health`.`allergy` ON CLUSTER `region`
AS `health`.`allergy_local`
ENGINE = Distributed('region', 'health', 'allergy_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`history_item_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `history_no` String COMMENT '病史条目号',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `history_kind` LowCardinality(String) COMMENT '病史类别代码',
    `history_kind_text` String COMMENT '病史类别',
    `problem` LowCardinality(String) COMMENT '疾病或问题代码',
    `problem_text` String COMMENT '疾病或问题',
    `relation` LowCardinality(String) COMMENT '与本人关系代码',
    `started_on` Nullable(Date32) COMMENT '开始(确诊)日期',
    `ended_on` Nullable(Date32) COMMENT '结束日期',
    `active` Nullable(UInt8) COMMENT '现患标志',
    `recorded_on` Nullable(Date32) COMMENT '记录日期',
    `description` String COMMENT '描述' CODEC(ZSTD(3)),
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, history_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '病史条目';

CREATE TABLE IF NOT EXISTS `health`.`history_item` ON CLUSTER `region`
AS `health`.`history_item_local`
ENGINE = Distributed('region', 'health', 'history_item_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`vaccination_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `vaccination_no` String COMMENT '接种流水号',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `card_no` String COMMENT '预防接种卡编号',
    `vaccine` LowCardinality(String) COMMENT '疫苗代码',
    `vaccine_text` String COMMENT '疫苗',
    `vaccine_category` LowCardinality(String) COMMENT '疫苗属性代码',
    `vaccine_category_text` String COMMENT '疫苗属性',
    `dose` Nullable(Int64) COMMENT '剂次',
    `batch_no` String COMMENT '疫苗批号',
    `trace_code` String COMMENT '药品追溯码',
    `manufacturer` String COMMENT '生产企业',
    `expires_on` Nullable(Date32) COMMENT '疫苗失效日期',
    `vaccinated_at` Nullable(DateTime64(3, 'UTC')) COMMENT '接种时间',
    `site` LowCardinality(String) COMMENT '接种部位代码',
    `site_text` String COMMENT '接种部位',
    `route` LowCardinality(String) COMMENT '接种途径代码',
    `route_text` String COMMENT '接种途径',
    `volume` Nullable(Decimal(18, 2)) COMMENT '接种剂量',
    `reaction` Nullable(UInt8) COMMENT '不良反应标志',
    `reaction_kind` LowCardinality(String) COMMENT '不良反应代码',
    `reaction_kind_text` String COMMENT '不良反应',
    `next_on` Nullable(Date32) COMMENT '下次接种日期',
    `not_given` Nullable(UInt8) COMMENT '未接种标志',
    `not_given_reason` String COMMENT '未接种原因',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, vaccination_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '预防接种记录';

CREATE TABLE IF NOT EXISTS `health`.`vaccination` ON CLUSTER `region`
AS `health`.`vaccination_local`
ENGINE = Distributed('region', 'health', 'vaccination_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`health_exam_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `exam_no` String COMMENT '体检编号',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `record_no` String COMMENT '健康档案编号',
    `exam_kind` LowCardinality(String) COMMENT '体检类别代码',
    `examined_on` Nullable(Date32) COMMENT '体检日期',
    `doctor_name` String COMMENT '责任医生',
    `symptoms` String COMMENT '症状',
    `temperature` Nullable(Decimal(18, 1)) COMMENT '体温',
    `pulse` Nullable(Int64) COMMENT '脉率',
    `respiration` Nullable(Int64) COMMENT '呼吸频率',
    `systolic_left` Nullable(Int64) COMMENT '左侧收缩压',
    `diastolic_left` Nullable(Int64) COMMENT '左侧舒张压',
    `systolic_right` Nullable(Int64) COMMENT '右侧收缩压',
    `diastolic_right` Nullable(Int64) COMMENT '右侧舒张压',
    `height` Nullable(Decimal(18, 1)) COMMENT '身高',
    `weight` Nullable(Decimal(18, 1)) COMMENT '体重',
    `waist` Nullable(Decimal(18, 1)) COMMENT '腰围',
    `bmi` Nullable(Decimal(18, 1)) COMMENT '体质指数',
    `selfcare` LowCardinality(String) COMMENT '老年人生活自理能力评估代码',
    `cognition_score` Nullable(Int64) COMMENT '简易智力状态检查总分',
    `depression_score` Nullable(Int64) COMMENT '抑郁评分',
    `exercise` LowCardinality(String) COMMENT '身体活动频率代码',
    `smoking` LowCardinality(String) COMMENT '吸烟状态代码',
    `drinking` LowCardinality(String) COMMENT '饮酒频率代码',
    `constitution` LowCardinality(String) COMMENT '中医体质代码',
    `haemoglobin` Nullable(Decimal(18, 2)) COMMENT '血红蛋白',
    `white_cells` Nullable(Decimal(18, 2)) COMMENT '白细胞',
    `platelets` Nullable(Decimal(18, 2)) COMMENT '血小板',
    `fasting_glucose` Nullable(Decimal(18, 2)) COMMENT '空腹血糖',
    `hba1c` Nullable(Decimal(18, 2)) COMMENT '糖化血红蛋白',
    `alt` Nullable(Decimal(18, 2)) COMMENT '谷丙转氨酶',
    `ast` Nullable(Decimal(18, 2)) COMMENT '谷草转氨酶',
    `bilirubin` Nullable(Decimal(18, 2)) COMMENT '总胆红素',
    `creatinine` Nullable(Decimal(18, 2)) COMMENT '血清肌酐',
    `urea` Nullable(Decimal(18, 2)) COMMENT '血尿素氮',
    `cholesterol` Nullable(Decimal(18, 2)) COMMENT '总胆固醇',
    `triglyceride` Nullable(Decimal(18, 2)) COMMENT '甘油三酯',
    `ldl` Nullable(Decimal(18, 2)) COMMENT '低密度脂蛋白胆固醇',
    `hdl` Nullable(Decimal(18, 2)) COMMENT '高密度脂蛋白胆固醇',
    `urine` String COMMENT '尿常规',
    `ecg` String COMMENT '心电图',
    `ultrasound` String COMMENT '腹部B超',
    `chest_xray` String COMMENT '胸部X线片',
    `problems` String COMMENT '现存主要健康问题' CODEC(ZSTD(3)),
    `abnormal` Nullable(UInt8) COMMENT '体检异常标志',
    `assessment` String COMMENT '健康评价' CODEC(ZSTD(3)),
    `guidance` String COMMENT '健康指导' CODEC(ZSTD(3)),
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, exam_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '健康体检';

CREATE TABLE IF NOT EXISTS `health`.`health_exam` ON CLUSTER `region`
AS `health`.`health_exam_local`
ENGINE = Distributed('region', 'health', 'health_exam_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`service_record_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `service_no` String COMMENT '服务记录号',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `record_no` String COMMENT '健康档案编号',
    `programme` LowCardinality(String) COMMENT '服务项目代码',
    `programme_text` String COMMENT '服务项目',
    `form_code` String COMMENT '表单编码',
    `served_on` Nullable(Date32) COMMENT '服务日期',
    `mode` LowCardinality(String) COMMENT '随访方式代码',
    `mode_text` String COMMENT '随访方式',
    `visit_number` Nullable(Int64) COMMENT '第几次服务',
    `systolic` Nullable(Int64) COMMENT '收缩压',
    `diastolic` Nullable(Int64) COMMENT '舒张压',
    `glucose` Nullable(Decimal(18, 2)) COMMENT '空腹血糖',
    `weight` Nullable(Decimal(18, 1)) COMMENT '体重',
    `height` Nullable(Decimal(18, 1)) COMMENT '身高',
    `result` LowCardinality(String) COMMENT '随访评价结果代码',
    `result_text` String COMMENT '随访评价结果',
    `medication` String COMMENT '用药情况' CODEC(ZSTD(3)),
    `guidance` String COMMENT '健康指导' CODEC(ZSTD(3)),
    `referred` Nullable(UInt8) COMMENT '转诊标志',
    `referral_reason` String COMMENT '转诊原因',
    `next_on` Nullable(Date32) COMMENT '下次服务日期',
    `items` String COMMENT '项目专用字段(JSON)' CODEC(ZSTD(3)),
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, service_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '公共卫生服务记录';

CREATE TABLE IF NOT EXISTS `health`.`service_record` ON CLUSTER `region`
AS `health`.`service_record_local`
ENGINE = Distributed('region', 'health', 'service_record_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`document_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `document_no` String COMMENT '文档编号',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `visit_no` String COMMENT '就诊流水号',
    `visit_kind` LowCardinality(String) COMMENT '就诊类别代码',
    `document_type` LowCardinality(String) COMMENT '文档类型代码',
    `document_type_text` String COMMENT '文档类型',
    `title` String COMMENT '标题',
    `created_at` Nullable(DateTime64(3, 'UTC')) COMMENT '文档生成时间',
    `state` LowCardinality(String) COMMENT '文档状态代码',
    `media_type` LowCardinality(String) COMMENT '文档格式',
    `content` String COMMENT '文档内容' CODEC(ZSTD(3)),
    `size` Nullable(Int64) COMMENT '文档字节数',
    `report_dataset` String COMMENT '所属记录数据集',
    `report_id` String COMMENT '所属记录主键',
    `study_uid` String COMMENT '影像检查唯一号',
    `replaces` String COMMENT '所替换的文档编号',
    `language` String COMMENT '语种',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, document_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '图文文档';

CREATE TABLE IF NOT EXISTS `health`.`document` ON CLUSTER `region`
AS `health`.`document_local`
ENGINE = Distributed('region', 'health', 'document_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`blood_donation_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `donation_no` String COMMENT '献血编号',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `donation_kind` LowCardinality(String) COMMENT '献血类别代码',
    `donation_kind_text` String COMMENT '献血类别',
    `donated_at` Nullable(DateTime64(3, 'UTC')) COMMENT '献血时间',
    `volume` Nullable(Int64) COMMENT '献血量',
    `units` Nullable(Decimal(18, 1)) COMMENT '治疗量',
    `abo` LowCardinality(String) COMMENT 'ABO血型代码',
    `rhd` LowCardinality(String) COMMENT 'Rh(D)血型代码',
    `donation_count` Nullable(Int64) COMMENT '累计献血次数',
    `result` LowCardinality(String) COMMENT '检测结论代码',
    `result_text` String COMMENT '检测结论',
    `deferred` Nullable(UInt8) COMMENT '暂缓献血标志',
    `deferred_reason` String COMMENT '暂缓原因',
    `bag_no` String COMMENT '血袋编码',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, donation_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '献血记录';

CREATE TABLE IF NOT EXISTS `health`.`blood_donation` ON CLUSTER `region`
AS `health`.`blood_donation_local`
ENGINE = Distributed('region', 'health', 'blood_donation_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`nucleic_acid_local` ON CLUSTER `region`
(
    `shelf` UInt64 COMMENT 'person id the identity had when first linked; never changes',
    `patient_key` UInt64 COMMENT 'stable key of (assigning institution, local patient id)',
    `event_time` DateTime64(3, 'UTC') COMMENT 'first filled time field; 1970 for registers' CODEC(Delta, ZSTD(1)),
    `institution` UInt64 COMMENT 'institution that uploaded the row',
    `sample_no` String COMMENT '样本编号(每人)',
    `patient_id` String COMMENT '患者在本机构的唯一标识',
    `patient_name` String COMMENT '患者姓名',
    `id_type` LowCardinality(String) COMMENT '身份证件类别代码',
    `id_number` String COMMENT '身份证件号码',
    `gender` LowCardinality(String) COMMENT '性别代码',
    `birth_date` Nullable(Date32) COMMENT '出生日期',
    `phone` String COMMENT '电话号码',
    `tube_code` String COMMENT '采样管编码',
    `sampling_kind` LowCardinality(String) COMMENT '采样方式代码',
    `sampling_kind_text` String COMMENT '采样方式',
    `population_group` LowCardinality(String) COMMENT '人群分类代码',
    `sampling_point` String COMMENT '采样点',
    `sampling_division` LowCardinality(String) COMMENT '采样地行政区划代码',
    `sampled_at` Nullable(DateTime64(3, 'UTC')) COMMENT '采样时间',
    `received_at_lab` Nullable(DateTime64(3, 'UTC')) COMMENT '收样时间',
    `reported_at` Nullable(DateTime64(3, 'UTC')) COMMENT '报告时间',
    `lab_name` String COMMENT '检测机构名称',
    `reagent` String COMMENT '检测试剂',
    `result` LowCardinality(String) COMMENT '检测结果代码',
    `result_text` String COMMENT '检测结果',
    `ct_orf1ab` Nullable(Decimal(18, 2)) COMMENT 'ORF1ab 基因 Ct 值',
    `ct_n` Nullable(Decimal(18, 2)) COMMENT 'N 基因 Ct 值',
    `org_code` LowCardinality(String) COMMENT '医疗机构代码',
    `org_name` String COMMENT '医疗机构名称',
    `dept_code` LowCardinality(String) COMMENT '科室代码',
    `dept_name` String COMMENT '科室名称',
    `staff_id` String COMMENT '责任医务人员ID',
    `staff_name` String COMMENT '责任医务人员姓名',
    `changed_at` Nullable(DateTime64(3, 'UTC')) COMMENT '业务系统修改时间',
    `void` Nullable(UInt8) COMMENT '作废标志(1 作废 0 有效)',
    `division_code` LowCardinality(String) COMMENT 'division of the institution when the row was loaded',
    `line` LowCardinality(String) COMMENT 'professional line of the dataset',
    `source` LowCardinality(String) COMMENT 'way in: data_api, batch, folder, hl7v2, fhir',
    `batch` UInt64 COMMENT 'upload the row came in',
    `received_at` DateTime64(3, 'UTC') COMMENT 'when the upload was accepted' CODEC(Delta, ZSTD(1)),
    `first_received_at` DateTime64(3, 'UTC') DEFAULT received_at COMMENT 'when the row was first accepted; a correction does not change it' CODEC(Delta, ZSTD(1)),
    `local_codes` Map(LowCardinality(String), String) COMMENT 'codes as sent, where mapping changed them',
    `unmapped` Array(LowCardinality(String)) COMMENT 'coded fields whose value no table or mapping knows',
    `extra` String COMMENT 'JSON of content that has no field' CODEC(ZSTD(3)),
    `version` UInt64 CODEC(Delta, ZSTD(1)),
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, event_time, sample_no)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '核酸检测结果';

CREATE TABLE IF NOT EXISTS `health`.`nucleic_acid` ON CLUSTER `region`
AS `health`.`nucleic_acid_local`
ENGINE = Distributed('region', 'health', 'nucleic_acid_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`row_place_local` ON CLUSTER `region`
(
    `dataset` LowCardinality(String),
    `institution` UInt64,
    `row_key` String,
    `shelf` UInt64,
    `patient_key` UInt64,
    `event_time` DateTime64(3, 'UTC'),
    `first_received_at` DateTime64(3, 'UTC') COMMENT 'when the row was first accepted; 1970 if not known',
    `gone` UInt8 COMMENT 'the row was withdrawn; its place is remembered so that older versions stay out',
    `version` UInt64,
    `is_deleted` UInt8
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (dataset, institution, row_key)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'place of every row by its key';

CREATE TABLE IF NOT EXISTS `health`.`row_place` ON CLUSTER `region`
AS `health`.`row_place_local`
ENGINE = Distributed('region', 'health', 'row_place_local', cityHash64(institution));

CREATE TABLE IF NOT EXISTS `health`.`record_event_local` ON CLUSTER `region`
(
    `shelf` UInt64,
    `patient_key` UInt64,
    `section` LowCardinality(String),
    `event_time` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `dataset` LowCardinality(String),
    `row_key` String,
    `institution` UInt64,
    `division_code` LowCardinality(String),
    `line` LowCardinality(String),
    `class` LowCardinality(String),
    `kind` LowCardinality(String),
    `title` String,
    `code` String,
    `value` String,
    `unit` LowCardinality(String),
    `low` LowCardinality(String),
    `high` LowCardinality(String),
    `flag` LowCardinality(String),
    `visit` String,
    `department` LowCardinality(String),
    `doctor` LowCardinality(String),
    `note` String CODEC(ZSTD(3)),
    `parent` String,
    `ended` Nullable(DateTime64(3, 'UTC')),
    `org_code` LowCardinality(String),
    `org_name` LowCardinality(String),
    `source` LowCardinality(String),
    `received_at` DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    `version` UInt64,
    `is_deleted` UInt8,
    `certainty` LowCardinality(String)
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', version, is_deleted)
ORDER BY (shelf, patient_key, section, event_time, dataset, row_key)
SETTINGS index_granularity = 1024, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT '健康档案事件索引';

CREATE TABLE IF NOT EXISTS `health`.`record_event` ON CLUSTER `region`
AS `health`.`record_event_local`
ENGINE = Distributed('region', 'health', 'record_event_local', cityHash64(shelf));

CREATE TABLE IF NOT EXISTS `health`.`empi_link_key_local` ON CLUSTER `region`
(
    `run` UInt64,
    `pass` UInt8,
    `key` UInt64,
    `position` UInt32,
    `stated` UInt64 COMMENT 'In a compatible pass, what its pairs must not differ in; 0: nothing'
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY run
ORDER BY (run, pass, key)
SETTINGS index_granularity = 8192, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Blocking keys of the records of a spread linking run';

CREATE TABLE IF NOT EXISTS `health`.`empi_link_key` ON CLUSTER `region`
AS `health`.`empi_link_key_local`
ENGINE = Distributed('region', 'health', 'empi_link_key_local', intHash64(key));

CREATE TABLE IF NOT EXISTS `health`.`empi_link_pair_local` ON CLUSTER `region`
(
    `run` UInt64,
    `one` UInt16,
    `two` UInt16,
    `left` UInt32,
    `right` UInt32
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY run
ORDER BY (run, one, two, left, right)
SETTINGS index_granularity = 8192, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Pairs of records to be compared, by the parts both are in';

CREATE TABLE IF NOT EXISTS `health`.`empi_link_pair` ON CLUSTER `region`
AS `health`.`empi_link_pair_local`
ENGINE = Distributed('region', 'health', 'empi_link_pair_local', cityHash64(one, two, intDiv(left, 65536)));

CREATE TABLE IF NOT EXISTS `health`.`empi_link_value_local` ON CLUSTER `region`
(
    `run` UInt64,
    `field` UInt8,
    `value` UInt64,
    `part` UInt16,
    `records` UInt32
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY run
ORDER BY (run, field, value, part)
SETTINGS index_granularity = 8192, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'How many records of a part state a value';

CREATE TABLE IF NOT EXISTS `health`.`empi_link_value` ON CLUSTER `region`
AS `health`.`empi_link_value_local`
ENGINE = Distributed('region', 'health', 'empi_link_value_local', intHash64(value));

CREATE TABLE IF NOT EXISTS `health`.`empi_link_user_local` ON CLUSTER `region`
(
    `run` UInt64,
    `phone` UInt64,
    `person` UInt64
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY run
ORDER BY (run, phone, person)
SETTINGS index_granularity = 8192, replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Telephones and the persons, by the sound of their names, who state them';

CREATE TABLE IF NOT EXISTS `health`.`empi_link_user` ON CLUSTER `region`
AS `health`.`empi_link_user_local`
ENGINE = Distributed('region', 'health', 'empi_link_user_local', intHash64(phone));

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_emr_activity_info_visit` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'visit' AS `section`,
    `event_time` AS `event_time`,
    'emr_activity_info' AS `dataset`,
    `id` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_disease_name`), '')), ifNull(toString(`wm_disease_name`), ''), notEmpty(ifNull(toString(`disease_name`), '')), ifNull(toString(`disease_name`), ''), notEmpty(ifNull(toString(`tcm_disease_name`), '')), ifNull(toString(`tcm_disease_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']) OR match(multiIf(notEmpty(ifNull(toString(`wm_disease_code`), '')), ifNull(toString(`wm_disease_code`), ''), ifNull(toString(`disease_code`), '')), '(^|[^A-Z0-9.])(B20|B21|B22|B23|B24|Z21|R75|F02\\.4)')), 'hiv', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_disease_name`), '')), ifNull(toString(`wm_disease_name`), ''), notEmpty(ifNull(toString(`disease_name`), '')), ifNull(toString(`disease_name`), ''), notEmpty(ifNull(toString(`tcm_disease_name`), '')), ifNull(toString(`tcm_disease_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])) OR match(multiIf(notEmpty(ifNull(toString(`wm_disease_code`), '')), ifNull(toString(`wm_disease_code`), ''), ifNull(toString(`disease_code`), '')), '(^|[^A-Z0-9.])(F11|F12|F13|F14|F15|F16|F18|F19)')), 'addiction', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_disease_name`), '')), ifNull(toString(`wm_disease_name`), ''), notEmpty(ifNull(toString(`disease_name`), '')), ifNull(toString(`disease_name`), ''), notEmpty(ifNull(toString(`tcm_disease_name`), '')), ifNull(toString(`tcm_disease_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])) OR match(multiIf(notEmpty(ifNull(toString(`wm_disease_code`), '')), ifNull(toString(`wm_disease_code`), ''), ifNull(toString(`disease_code`), '')), '(^|[^A-Z0-9.])(F)')), 'mental', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_disease_name`), '')), ifNull(toString(`wm_disease_name`), ''), notEmpty(ifNull(toString(`disease_name`), '')), ifNull(toString(`disease_name`), ''), notEmpty(ifNull(toString(`tcm_disease_name`), '')), ifNull(toString(`tcm_disease_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']) OR match(multiIf(notEmpty(ifNull(toString(`wm_disease_code`), '')), ifNull(toString(`wm_disease_code`), ''), ifNull(toString(`disease_code`), '')), '(^|[^A-Z0-9.])(A50|A51|A52|A53|A54|A55|A56|A57|A58|A59|A60|A63|A64|N34\\.1)')), 'sexual', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_disease_name`), '')), ifNull(toString(`wm_disease_name`), ''), notEmpty(ifNull(toString(`disease_name`), '')), ifNull(toString(`disease_name`), ''), notEmpty(ifNull(toString(`tcm_disease_name`), '')), ifNull(toString(`tcm_disease_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])) OR match(multiIf(notEmpty(ifNull(toString(`wm_disease_code`), '')), ifNull(toString(`wm_disease_code`), ''), ifNull(toString(`disease_code`), '')), '(^|[^A-Z0-9.])(O00|O01|O02|O03|O04|O05|O06|O07|O08|N97|N46|Z30|Z31|Z64\\.0)')), 'reproductive', '') AS `class`,
    if(empty(multiIf(notEmpty(ifNull(toString(`activity_type_name`), '')), ifNull(toString(`activity_type_name`), ''), ifNull(toString(`activity_type_code`), ''))), '就诊', multiIf(notEmpty(ifNull(toString(`activity_type_name`), '')), ifNull(toString(`activity_type_name`), ''), ifNull(toString(`activity_type_code`), ''))) AS `kind`,
    multiIf(notEmpty(ifNull(toString(`wm_disease_name`), '')), ifNull(toString(`wm_disease_name`), ''), notEmpty(ifNull(toString(`disease_name`), '')), ifNull(toString(`disease_name`), ''), notEmpty(ifNull(toString(`tcm_disease_name`), '')), ifNull(toString(`tcm_disease_name`), ''), ifNull(toString(`chief_complaint`), '')) AS `title`,
    multiIf(notEmpty(ifNull(toString(`wm_disease_code`), '')), ifNull(toString(`wm_disease_code`), ''), ifNull(toString(`disease_code`), '')) AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`serial_number`), '') AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`fill_doctor`), '') AS `doctor`,
    substringUTF8(ifNull(toString(`chief_complaint`), ''), 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`emr_activity_info_local`
COMMENT '5036f98f81291df3';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_emr_outpatient_record_visit` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'visit' AS `section`,
    `event_time` AS `event_time`,
    'emr_outpatient_record' AS `dataset`,
    `id` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_diagnosis_name`), '')), ifNull(toString(`wm_diagnosis_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']) OR match(ifNull(toString(`wm_diagnosis_code`), ''), '(^|[^A-Z0-9.])(B20|B21|B22|B23|B24|Z21|R75|F02\\.4)')), 'hiv', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_diagnosis_name`), '')), ifNull(toString(`wm_diagnosis_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])) OR match(ifNull(toString(`wm_diagnosis_code`), ''), '(^|[^A-Z0-9.])(F11|F12|F13|F14|F15|F16|F18|F19)')), 'addiction', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_diagnosis_name`), '')), ifNull(toString(`wm_diagnosis_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])) OR match(ifNull(toString(`wm_diagnosis_code`), ''), '(^|[^A-Z0-9.])(F)')), 'mental', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_diagnosis_name`), '')), ifNull(toString(`wm_diagnosis_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']) OR match(ifNull(toString(`wm_diagnosis_code`), ''), '(^|[^A-Z0-9.])(A50|A51|A52|A53|A54|A55|A56|A57|A58|A59|A60|A63|A64|N34\\.1)')), 'sexual', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_diagnosis_name`), '')), ifNull(toString(`wm_diagnosis_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])) OR match(ifNull(toString(`wm_diagnosis_code`), ''), '(^|[^A-Z0-9.])(O00|O01|O02|O03|O04|O05|O06|O07|O08|N97|N46|Z30|Z31|Z64\\.0)')), 'reproductive', '') AS `class`,
    '门诊' AS `kind`,
    multiIf(notEmpty(ifNull(toString(`wm_diagnosis_name`), '')), ifNull(toString(`wm_diagnosis_name`), ''), ifNull(toString(`chief_complaint`), '')) AS `title`,
    ifNull(toString(`wm_diagnosis_code`), '') AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`serial_number`), '') AS `visit`,
    `dept_name` AS `department`,
    '' AS `doctor`,
    substringUTF8(ifNull(toString(`chief_complaint`), ''), 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`emr_outpatient_record_local`
COMMENT '8725d1a3adb96619';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_emr_outpatient_obs_visit` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'visit' AS `section`,
    `event_time` AS `event_time`,
    'emr_outpatient_obs' AS `dataset`,
    `id` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_diagnosis_name`), '')), ifNull(toString(`wm_diagnosis_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']) OR match(ifNull(toString(`wm_diagnosis_code`), ''), '(^|[^A-Z0-9.])(B20|B21|B22|B23|B24|Z21|R75|F02\\.4)')), 'hiv', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_diagnosis_name`), '')), ifNull(toString(`wm_diagnosis_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])) OR match(ifNull(toString(`wm_diagnosis_code`), ''), '(^|[^A-Z0-9.])(F11|F12|F13|F14|F15|F16|F18|F19)')), 'addiction', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_diagnosis_name`), '')), ifNull(toString(`wm_diagnosis_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])) OR match(ifNull(toString(`wm_diagnosis_code`), ''), '(^|[^A-Z0-9.])(F)')), 'mental', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_diagnosis_name`), '')), ifNull(toString(`wm_diagnosis_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']) OR match(ifNull(toString(`wm_diagnosis_code`), ''), '(^|[^A-Z0-9.])(A50|A51|A52|A53|A54|A55|A56|A57|A58|A59|A60|A63|A64|N34\\.1)')), 'sexual', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_diagnosis_name`), '')), ifNull(toString(`wm_diagnosis_name`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])) OR match(ifNull(toString(`wm_diagnosis_code`), ''), '(^|[^A-Z0-9.])(O00|O01|O02|O03|O04|O05|O06|O07|O08|N97|N46|Z30|Z31|Z64\\.0)')), 'reproductive', '') AS `class`,
    '急诊留观' AS `kind`,
    multiIf(notEmpty(ifNull(toString(`wm_diagnosis_name`), '')), ifNull(toString(`wm_diagnosis_name`), ''), ifNull(toString(`chief_complaint`), '')) AS `title`,
    ifNull(toString(`wm_diagnosis_code`), '') AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`serial_number`), '') AS `visit`,
    `dept_name` AS `department`,
    '' AS `doctor`,
    substringUTF8(ifNull(toString(`chief_complaint`), ''), 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`emr_outpatient_obs_local`
COMMENT 'b6dc814a66a92df6';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_emr_admission_info_visit` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'visit' AS `section`,
    `event_time` AS `event_time`,
    'emr_admission_info' AS `dataset`,
    `id` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_confirmed_diagnosis_name`), '')), ifNull(toString(`wm_confirmed_diagnosis_name`), ''), ifNull(toString(`wm_inital_diagnosis_name`), '')), ' ', '', ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']) OR match(multiIf(notEmpty(ifNull(toString(`wm_confirmed_diagnosis_code`), '')), ifNull(toString(`wm_confirmed_diagnosis_code`), ''), ifNull(toString(`wm_inital_diagnosis_code`), '')), '(^|[^A-Z0-9.])(B20|B21|B22|B23|B24|Z21|R75|F02\\.4)')), 'hiv', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_confirmed_diagnosis_name`), '')), ifNull(toString(`wm_confirmed_diagnosis_name`), ''), ifNull(toString(`wm_inital_diagnosis_name`), '')), ' ', '', ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])) OR match(multiIf(notEmpty(ifNull(toString(`wm_confirmed_diagnosis_code`), '')), ifNull(toString(`wm_confirmed_diagnosis_code`), ''), ifNull(toString(`wm_inital_diagnosis_code`), '')), '(^|[^A-Z0-9.])(F11|F12|F13|F14|F15|F16|F18|F19)')), 'addiction', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_confirmed_diagnosis_name`), '')), ifNull(toString(`wm_confirmed_diagnosis_name`), ''), ifNull(toString(`wm_inital_diagnosis_name`), '')), ' ', '', ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])) OR match(multiIf(notEmpty(ifNull(toString(`wm_confirmed_diagnosis_code`), '')), ifNull(toString(`wm_confirmed_diagnosis_code`), ''), ifNull(toString(`wm_inital_diagnosis_code`), '')), '(^|[^A-Z0-9.])(F)')), 'mental', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_confirmed_diagnosis_name`), '')), ifNull(toString(`wm_confirmed_diagnosis_name`), ''), ifNull(toString(`wm_inital_diagnosis_name`), '')), ' ', '', ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']) OR match(multiIf(notEmpty(ifNull(toString(`wm_confirmed_diagnosis_code`), '')), ifNull(toString(`wm_confirmed_diagnosis_code`), ''), ifNull(toString(`wm_inital_diagnosis_code`), '')), '(^|[^A-Z0-9.])(A50|A51|A52|A53|A54|A55|A56|A57|A58|A59|A60|A63|A64|N34\\.1)')), 'sexual', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_confirmed_diagnosis_name`), '')), ifNull(toString(`wm_confirmed_diagnosis_name`), ''), ifNull(toString(`wm_inital_diagnosis_name`), '')), ' ', '', ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])) OR match(multiIf(notEmpty(ifNull(toString(`wm_confirmed_diagnosis_code`), '')), ifNull(toString(`wm_confirmed_diagnosis_code`), ''), ifNull(toString(`wm_inital_diagnosis_code`), '')), '(^|[^A-Z0-9.])(O00|O01|O02|O03|O04|O05|O06|O07|O08|N97|N46|Z30|Z31|Z64\\.0)')), 'reproductive', '') AS `class`,
    '入院' AS `kind`,
    multiIf(notEmpty(ifNull(toString(`wm_confirmed_diagnosis_name`), '')), ifNull(toString(`wm_confirmed_diagnosis_name`), ''), ifNull(toString(`wm_inital_diagnosis_name`), '')) AS `title`,
    multiIf(notEmpty(ifNull(toString(`wm_confirmed_diagnosis_code`), '')), ifNull(toString(`wm_confirmed_diagnosis_code`), ''), ifNull(toString(`wm_inital_diagnosis_code`), '')) AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`serial_number`), '') AS `visit`,
    `dept_name` AS `department`,
    '' AS `doctor`,
    substringUTF8('', 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`emr_admission_info_local`
COMMENT '3df7d44079623417';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_emr_discharge_info_visit` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'visit' AS `section`,
    `event_time` AS `event_time`,
    'emr_discharge_info' AS `dataset`,
    `id` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`discharge_diagnosis_name`), '')), ifNull(toString(`discharge_diagnosis_name`), ''), ifNull(toString(`admission_diagnosis_name`), '')), ' ', '', ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']) OR match(multiIf(notEmpty(ifNull(toString(`discharge_diagnosis_code`), '')), ifNull(toString(`discharge_diagnosis_code`), ''), ifNull(toString(`admission_diagnosis_code`), '')), '(^|[^A-Z0-9.])(B20|B21|B22|B23|B24|Z21|R75|F02\\.4)')), 'hiv', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`discharge_diagnosis_name`), '')), ifNull(toString(`discharge_diagnosis_name`), ''), ifNull(toString(`admission_diagnosis_name`), '')), ' ', '', ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])) OR match(multiIf(notEmpty(ifNull(toString(`discharge_diagnosis_code`), '')), ifNull(toString(`discharge_diagnosis_code`), ''), ifNull(toString(`admission_diagnosis_code`), '')), '(^|[^A-Z0-9.])(F11|F12|F13|F14|F15|F16|F18|F19)')), 'addiction', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`discharge_diagnosis_name`), '')), ifNull(toString(`discharge_diagnosis_name`), ''), ifNull(toString(`admission_diagnosis_name`), '')), ' ', '', ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])) OR match(multiIf(notEmpty(ifNull(toString(`discharge_diagnosis_code`), '')), ifNull(toString(`discharge_diagnosis_code`), ''), ifNull(toString(`admission_diagnosis_code`), '')), '(^|[^A-Z0-9.])(F)')), 'mental', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`discharge_diagnosis_name`), '')), ifNull(toString(`discharge_diagnosis_name`), ''), ifNull(toString(`admission_diagnosis_name`), '')), ' ', '', ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']) OR match(multiIf(notEmpty(ifNull(toString(`discharge_diagnosis_code`), '')), ifNull(toString(`discharge_diagnosis_code`), ''), ifNull(toString(`admission_diagnosis_code`), '')), '(^|[^A-Z0-9.])(A50|A51|A52|A53|A54|A55|A56|A57|A58|A59|A60|A63|A64|N34\\.1)')), 'sexual', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`discharge_diagnosis_name`), '')), ifNull(toString(`discharge_diagnosis_name`), ''), ifNull(toString(`admission_diagnosis_name`), '')), ' ', '', ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])) OR match(multiIf(notEmpty(ifNull(toString(`discharge_diagnosis_code`), '')), ifNull(toString(`discharge_diagnosis_code`), ''), ifNull(toString(`admission_diagnosis_code`), '')), '(^|[^A-Z0-9.])(O00|O01|O02|O03|O04|O05|O06|O07|O08|N97|N46|Z30|Z31|Z64\\.0)')), 'reproductive', '') AS `class`,
    '出院' AS `kind`,
    multiIf(notEmpty(ifNull(toString(`discharge_diagnosis_name`), '')), ifNull(toString(`discharge_diagnosis_name`), ''), ifNull(toString(`admission_diagnosis_name`), '')) AS `title`,
    multiIf(notEmpty(ifNull(toString(`discharge_diagnosis_code`), '')), ifNull(toString(`discharge_diagnosis_code`), ''), ifNull(toString(`admission_diagnosis_code`), '')) AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`serial_number`), '') AS `visit`,
    `dept_name` AS `department`,
    '' AS `doctor`,
    substringUTF8('', 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`emr_discharge_info_local`
COMMENT 'b486231ce8443eff';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_emr_admission_record_visit` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'visit' AS `section`,
    `event_time` AS `event_time`,
    'emr_admission_record' AS `dataset`,
    `id` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`discharge_diagnosis_name`), ''), ' ', '', ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']) OR match(ifNull(toString(`discharge_diagnosis_code`), ''), '(^|[^A-Z0-9.])(B20|B21|B22|B23|B24|Z21|R75|F02\\.4)')), 'hiv', ((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`discharge_diagnosis_name`), ''), ' ', '', ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])) OR match(ifNull(toString(`discharge_diagnosis_code`), ''), '(^|[^A-Z0-9.])(F11|F12|F13|F14|F15|F16|F18|F19)')), 'addiction', ((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`discharge_diagnosis_name`), ''), ' ', '', ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])) OR match(ifNull(toString(`discharge_diagnosis_code`), ''), '(^|[^A-Z0-9.])(F)')), 'mental', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`discharge_diagnosis_name`), ''), ' ', '', ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']) OR match(ifNull(toString(`discharge_diagnosis_code`), ''), '(^|[^A-Z0-9.])(A50|A51|A52|A53|A54|A55|A56|A57|A58|A59|A60|A63|A64|N34\\.1)')), 'sexual', ((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`discharge_diagnosis_name`), ''), ' ', '', ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])) OR match(ifNull(toString(`discharge_diagnosis_code`), ''), '(^|[^A-Z0-9.])(O00|O01|O02|O03|O04|O05|O06|O07|O08|N97|N46|Z30|Z31|Z64\\.0)')), 'reproductive', '') AS `class`,
    '住院' AS `kind`,
    ifNull(toString(`discharge_diagnosis_name`), '') AS `title`,
    ifNull(toString(`discharge_diagnosis_code`), '') AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`serial_number`), '') AS `visit`,
    `dept_name` AS `department`,
    '' AS `doctor`,
    substringUTF8('', 1, 300) AS `note`,
    '' AS `parent`,
    `discharge_date` AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`emr_admission_record_local`
COMMENT '2ec142cfe825637d';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_emr_death_info_visit` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'visit' AS `section`,
    `event_time` AS `event_time`,
    'emr_death_info' AS `dataset`,
    `id` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`direct_cause_name`), '')), ifNull(toString(`direct_cause_name`), ''), ifNull(toString(`death_diagnosis_name`), '')), ' ', '', ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']) OR match(multiIf(notEmpty(ifNull(toString(`direct_cause_code`), '')), ifNull(toString(`direct_cause_code`), ''), ifNull(toString(`death_diagnosis_code`), '')), '(^|[^A-Z0-9.])(B20|B21|B22|B23|B24|Z21|R75|F02\\.4)')), 'hiv', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`direct_cause_name`), '')), ifNull(toString(`direct_cause_name`), ''), ifNull(toString(`death_diagnosis_name`), '')), ' ', '', ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])) OR match(multiIf(notEmpty(ifNull(toString(`direct_cause_code`), '')), ifNull(toString(`direct_cause_code`), ''), ifNull(toString(`death_diagnosis_code`), '')), '(^|[^A-Z0-9.])(F11|F12|F13|F14|F15|F16|F18|F19)')), 'addiction', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`direct_cause_name`), '')), ifNull(toString(`direct_cause_name`), ''), ifNull(toString(`death_diagnosis_name`), '')), ' ', '', ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])) OR match(multiIf(notEmpty(ifNull(toString(`direct_cause_code`), '')), ifNull(toString(`direct_cause_code`), ''), ifNull(toString(`death_diagnosis_code`), '')), '(^|[^A-Z0-9.])(F)')), 'mental', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`direct_cause_name`), '')), ifNull(toString(`direct_cause_name`), ''), ifNull(toString(`death_diagnosis_name`), '')), ' ', '', ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']) OR match(multiIf(notEmpty(ifNull(toString(`direct_cause_code`), '')), ifNull(toString(`direct_cause_code`), ''), ifNull(toString(`death_diagnosis_code`), '')), '(^|[^A-Z0-9.])(A50|A51|A52|A53|A54|A55|A56|A57|A58|A59|A60|A63|A64|N34\\.1)')), 'sexual', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`direct_cause_name`), '')), ifNull(toString(`direct_cause_name`), ''), ifNull(toString(`death_diagnosis_name`), '')), ' ', '', ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])) OR match(multiIf(notEmpty(ifNull(toString(`direct_cause_code`), '')), ifNull(toString(`direct_cause_code`), ''), ifNull(toString(`death_diagnosis_code`), '')), '(^|[^A-Z0-9.])(O00|O01|O02|O03|O04|O05|O06|O07|O08|N97|N46|Z30|Z31|Z64\\.0)')), 'reproductive', '') AS `class`,
    '死亡' AS `kind`,
    multiIf(notEmpty(ifNull(toString(`direct_cause_name`), '')), ifNull(toString(`direct_cause_name`), ''), ifNull(toString(`death_diagnosis_name`), '')) AS `title`,
    multiIf(notEmpty(ifNull(toString(`direct_cause_code`), '')), ifNull(toString(`direct_cause_code`), ''), ifNull(toString(`death_diagnosis_code`), '')) AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`serial_number`), '') AS `visit`,
    `dept_name` AS `department`,
    '' AS `doctor`,
    substringUTF8('', 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`emr_death_info_local`
COMMENT '4befcb7e1d052996';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_visit_visit` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'visit' AS `section`,
    `event_time` AS `event_time`,
    'visit' AS `dataset`,
    `visit_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`diagnosis_text`), '')), ifNull(toString(`diagnosis_text`), ''), notEmpty(ifNull(toString(`tcm_diagnosis_text`), '')), ifNull(toString(`tcm_diagnosis_text`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']) OR match(ifNull(toString(`diagnosis`), ''), '(^|[^A-Z0-9.])(B20|B21|B22|B23|B24|Z21|R75|F02\\.4)')), 'hiv', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`diagnosis_text`), '')), ifNull(toString(`diagnosis_text`), ''), notEmpty(ifNull(toString(`tcm_diagnosis_text`), '')), ifNull(toString(`tcm_diagnosis_text`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])) OR match(ifNull(toString(`diagnosis`), ''), '(^|[^A-Z0-9.])(F11|F12|F13|F14|F15|F16|F18|F19)')), 'addiction', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`diagnosis_text`), '')), ifNull(toString(`diagnosis_text`), ''), notEmpty(ifNull(toString(`tcm_diagnosis_text`), '')), ifNull(toString(`tcm_diagnosis_text`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])) OR match(ifNull(toString(`diagnosis`), ''), '(^|[^A-Z0-9.])(F)')), 'mental', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`diagnosis_text`), '')), ifNull(toString(`diagnosis_text`), ''), notEmpty(ifNull(toString(`tcm_diagnosis_text`), '')), ifNull(toString(`tcm_diagnosis_text`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']) OR match(ifNull(toString(`diagnosis`), ''), '(^|[^A-Z0-9.])(A50|A51|A52|A53|A54|A55|A56|A57|A58|A59|A60|A63|A64|N34\\.1)')), 'sexual', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`diagnosis_text`), '')), ifNull(toString(`diagnosis_text`), ''), notEmpty(ifNull(toString(`tcm_diagnosis_text`), '')), ifNull(toString(`tcm_diagnosis_text`), ''), ifNull(toString(`chief_complaint`), '')), ' ', ifNull(toString(`chief_complaint`), ''), ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])) OR match(ifNull(toString(`diagnosis`), ''), '(^|[^A-Z0-9.])(O00|O01|O02|O03|O04|O05|O06|O07|O08|N97|N46|Z30|Z31|Z64\\.0)')), 'reproductive', '') AS `class`,
    if(empty(ifNull(toString(`visit_kind`), '')), '就诊', ifNull(toString(`visit_kind`), '')) AS `kind`,
    multiIf(notEmpty(ifNull(toString(`diagnosis_text`), '')), ifNull(toString(`diagnosis_text`), ''), notEmpty(ifNull(toString(`tcm_diagnosis_text`), '')), ifNull(toString(`tcm_diagnosis_text`), ''), ifNull(toString(`chief_complaint`), '')) AS `title`,
    ifNull(toString(`diagnosis`), '') AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`visit_no`), '') AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`staff_name`), '') AS `doctor`,
    substringUTF8(ifNull(toString(`chief_complaint`), ''), 1, 300) AS `note`,
    '' AS `parent`,
    `ended_at` AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`visit_local`
COMMENT '6f95aecef62d3833';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_emr_activity_info_problem` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'problem' AS `section`,
    `event_time` AS `event_time`,
    'emr_activity_info' AS `dataset`,
    `id` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_disease_name`), '')), ifNull(toString(`wm_disease_name`), ''), ifNull(toString(`disease_name`), '')), ' ', '', ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']) OR match(multiIf(notEmpty(ifNull(toString(`wm_disease_code`), '')), ifNull(toString(`wm_disease_code`), ''), ifNull(toString(`disease_code`), '')), '(^|[^A-Z0-9.])(B20|B21|B22|B23|B24|Z21|R75|F02\\.4)')), 'hiv', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_disease_name`), '')), ifNull(toString(`wm_disease_name`), ''), ifNull(toString(`disease_name`), '')), ' ', '', ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])) OR match(multiIf(notEmpty(ifNull(toString(`wm_disease_code`), '')), ifNull(toString(`wm_disease_code`), ''), ifNull(toString(`disease_code`), '')), '(^|[^A-Z0-9.])(F11|F12|F13|F14|F15|F16|F18|F19)')), 'addiction', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_disease_name`), '')), ifNull(toString(`wm_disease_name`), ''), ifNull(toString(`disease_name`), '')), ' ', '', ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])) OR match(multiIf(notEmpty(ifNull(toString(`wm_disease_code`), '')), ifNull(toString(`wm_disease_code`), ''), ifNull(toString(`disease_code`), '')), '(^|[^A-Z0-9.])(F)')), 'mental', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_disease_name`), '')), ifNull(toString(`wm_disease_name`), ''), ifNull(toString(`disease_name`), '')), ' ', '', ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']) OR match(multiIf(notEmpty(ifNull(toString(`wm_disease_code`), '')), ifNull(toString(`wm_disease_code`), ''), ifNull(toString(`disease_code`), '')), '(^|[^A-Z0-9.])(A50|A51|A52|A53|A54|A55|A56|A57|A58|A59|A60|A63|A64|N34\\.1)')), 'sexual', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`wm_disease_name`), '')), ifNull(toString(`wm_disease_name`), ''), ifNull(toString(`disease_name`), '')), ' ', '', ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])) OR match(multiIf(notEmpty(ifNull(toString(`wm_disease_code`), '')), ifNull(toString(`wm_disease_code`), ''), ifNull(toString(`disease_code`), '')), '(^|[^A-Z0-9.])(O00|O01|O02|O03|O04|O05|O06|O07|O08|N97|N46|Z30|Z31|Z64\\.0)')), 'reproductive', '') AS `class`,
    '门诊诊断' AS `kind`,
    multiIf(notEmpty(ifNull(toString(`wm_disease_name`), '')), ifNull(toString(`wm_disease_name`), ''), ifNull(toString(`disease_name`), '')) AS `title`,
    multiIf(notEmpty(ifNull(toString(`wm_disease_code`), '')), ifNull(toString(`wm_disease_code`), ''), ifNull(toString(`disease_code`), '')) AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`serial_number`), '') AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`fill_doctor`), '') AS `doctor`,
    substringUTF8('', 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    if(empty(`wm_disease_name`), 1, is_deleted) AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`emr_activity_info_local`
COMMENT '10f6b61ecdd86a69';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_emr_admission_record_problem` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'problem' AS `section`,
    `event_time` AS `event_time`,
    'emr_admission_record' AS `dataset`,
    `id` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`discharge_diagnosis_name`), ''), ' ', '', ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']) OR match(ifNull(toString(`discharge_diagnosis_code`), ''), '(^|[^A-Z0-9.])(B20|B21|B22|B23|B24|Z21|R75|F02\\.4)')), 'hiv', ((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`discharge_diagnosis_name`), ''), ' ', '', ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])) OR match(ifNull(toString(`discharge_diagnosis_code`), ''), '(^|[^A-Z0-9.])(F11|F12|F13|F14|F15|F16|F18|F19)')), 'addiction', ((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`discharge_diagnosis_name`), ''), ' ', '', ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])) OR match(ifNull(toString(`discharge_diagnosis_code`), ''), '(^|[^A-Z0-9.])(F)')), 'mental', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`discharge_diagnosis_name`), ''), ' ', '', ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']) OR match(ifNull(toString(`discharge_diagnosis_code`), ''), '(^|[^A-Z0-9.])(A50|A51|A52|A53|A54|A55|A56|A57|A58|A59|A60|A63|A64|N34\\.1)')), 'sexual', ((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`discharge_diagnosis_name`), ''), ' ', '', ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])) OR match(ifNull(toString(`discharge_diagnosis_code`), ''), '(^|[^A-Z0-9.])(O00|O01|O02|O03|O04|O05|O06|O07|O08|N97|N46|Z30|Z31|Z64\\.0)')), 'reproductive', '') AS `class`,
    '出院诊断' AS `kind`,
    ifNull(toString(`discharge_diagnosis_name`), '') AS `title`,
    ifNull(toString(`discharge_diagnosis_code`), '') AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`serial_number`), '') AS `visit`,
    `dept_name` AS `department`,
    '' AS `doctor`,
    substringUTF8('', 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    if(empty(`discharge_diagnosis_name`), 1, is_deleted) AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`emr_admission_record_local`
COMMENT 'aae3f65e3854d112';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_emr_inf_report_problem` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'problem' AS `section`,
    `event_time` AS `event_time`,
    'emr_inf_report' AS `dataset`,
    `id` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`disease_name`), ''), ' ', '', ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']) OR match(ifNull(toString(`disease_code`), ''), '(^|[^A-Z0-9.])(B20|B21|B22|B23|B24|Z21|R75|F02\\.4)')), 'hiv', ((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`disease_name`), ''), ' ', '', ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])) OR match(ifNull(toString(`disease_code`), ''), '(^|[^A-Z0-9.])(F11|F12|F13|F14|F15|F16|F18|F19)')), 'addiction', ((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`disease_name`), ''), ' ', '', ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])) OR match(ifNull(toString(`disease_code`), ''), '(^|[^A-Z0-9.])(F)')), 'mental', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`disease_name`), ''), ' ', '', ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']) OR match(ifNull(toString(`disease_code`), ''), '(^|[^A-Z0-9.])(A50|A51|A52|A53|A54|A55|A56|A57|A58|A59|A60|A63|A64|N34\\.1)')), 'sexual', ((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`disease_name`), ''), ' ', '', ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])) OR match(ifNull(toString(`disease_code`), ''), '(^|[^A-Z0-9.])(O00|O01|O02|O03|O04|O05|O06|O07|O08|N97|N46|Z30|Z31|Z64\\.0)')), 'reproductive', '') AS `class`,
    '传染病报告' AS `kind`,
    ifNull(toString(`disease_name`), '') AS `title`,
    ifNull(toString(`disease_code`), '') AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`serial_number`), '') AS `visit`,
    `dept_name` AS `department`,
    '' AS `doctor`,
    substringUTF8('', 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    '' AS `org_code`,
    '' AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    if(empty(`disease_name`), 1, is_deleted) AS `is_deleted`,
    multiIf(notEmpty(ifNull(toString(`diagnose_state_name`), '')), ifNull(toString(`diagnose_state_name`), ''), ifNull(toString(`diagnose_state_code`), '')) AS `certainty`
FROM `health`.`emr_inf_report_local`
COMMENT '16dae3acc93fea68';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_diagnosis_problem` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'problem' AS `section`,
    `event_time` AS `event_time`,
    'diagnosis' AS `dataset`,
    `diagnosis_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`diagnosis_text`), ''), ' ', ifNull(toString(`clinical_status`), ''), ' ', ifNull(toString(`chronic`), '')), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']) OR match(ifNull(toString(`diagnosis`), ''), '(^|[^A-Z0-9.])(B20|B21|B22|B23|B24|Z21|R75|F02\\.4)')), 'hiv', ((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`diagnosis_text`), ''), ' ', ifNull(toString(`clinical_status`), ''), ' ', ifNull(toString(`chronic`), '')), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])) OR match(ifNull(toString(`diagnosis`), ''), '(^|[^A-Z0-9.])(F11|F12|F13|F14|F15|F16|F18|F19)')), 'addiction', ((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`diagnosis_text`), ''), ' ', ifNull(toString(`clinical_status`), ''), ' ', ifNull(toString(`chronic`), '')), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])) OR match(ifNull(toString(`diagnosis`), ''), '(^|[^A-Z0-9.])(F)')), 'mental', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`diagnosis_text`), ''), ' ', ifNull(toString(`clinical_status`), ''), ' ', ifNull(toString(`chronic`), '')), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']) OR match(ifNull(toString(`diagnosis`), ''), '(^|[^A-Z0-9.])(A50|A51|A52|A53|A54|A55|A56|A57|A58|A59|A60|A63|A64|N34\\.1)')), 'sexual', ((multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`diagnosis_text`), ''), ' ', ifNull(toString(`clinical_status`), ''), ' ', ifNull(toString(`chronic`), '')), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])) OR match(ifNull(toString(`diagnosis`), ''), '(^|[^A-Z0-9.])(O00|O01|O02|O03|O04|O05|O06|O07|O08|N97|N46|Z30|Z31|Z64\\.0)')), 'reproductive', '') AS `class`,
    if(empty(ifNull(toString(`diagnosis_kind_text`), '')), '诊断', ifNull(toString(`diagnosis_kind_text`), '')) AS `kind`,
    ifNull(toString(`diagnosis_text`), '') AS `title`,
    ifNull(toString(`diagnosis`), '') AS `code`,
    ifNull(toString(`chronic`), '') AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    ifNull(toString(`outcome`), '') AS `flag`,
    ifNull(toString(`visit_no`), '') AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`staff_name`), '') AS `doctor`,
    substringUTF8(ifNull(toString(`clinical_status`), ''), 1, 300) AS `note`,
    '' AS `parent`,
    `resolved_at` AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    ifNull(toString(`certainty`), '') AS `certainty`
FROM `health`.`diagnosis_local`
COMMENT 'f79f2ce163f107ab';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_history_item_problem` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'problem' AS `section`,
    `event_time` AS `event_time`,
    'history_item' AS `dataset`,
    `history_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`problem_text`), '')), ifNull(toString(`problem_text`), ''), ifNull(toString(`description`), '')), ' ', ifNull(toString(`description`), ''), ' ', ifNull(toString(`active`), '')), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']) OR match(ifNull(toString(`problem`), ''), '(^|[^A-Z0-9.])(B20|B21|B22|B23|B24|Z21|R75|F02\\.4)')), 'hiv', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`problem_text`), '')), ifNull(toString(`problem_text`), ''), ifNull(toString(`description`), '')), ' ', ifNull(toString(`description`), ''), ' ', ifNull(toString(`active`), '')), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])) OR match(ifNull(toString(`problem`), ''), '(^|[^A-Z0-9.])(F11|F12|F13|F14|F15|F16|F18|F19)')), 'addiction', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`problem_text`), '')), ifNull(toString(`problem_text`), ''), ifNull(toString(`description`), '')), ' ', ifNull(toString(`description`), ''), ' ', ifNull(toString(`active`), '')), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])) OR match(ifNull(toString(`problem`), ''), '(^|[^A-Z0-9.])(F)')), 'mental', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`problem_text`), '')), ifNull(toString(`problem_text`), ''), ifNull(toString(`description`), '')), ' ', ifNull(toString(`description`), ''), ' ', ifNull(toString(`active`), '')), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']) OR match(ifNull(toString(`problem`), ''), '(^|[^A-Z0-9.])(A50|A51|A52|A53|A54|A55|A56|A57|A58|A59|A60|A63|A64|N34\\.1)')), 'sexual', ((multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`problem_text`), '')), ifNull(toString(`problem_text`), ''), ifNull(toString(`description`), '')), ' ', ifNull(toString(`description`), ''), ' ', ifNull(toString(`active`), '')), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])) OR match(ifNull(toString(`problem`), ''), '(^|[^A-Z0-9.])(O00|O01|O02|O03|O04|O05|O06|O07|O08|N97|N46|Z30|Z31|Z64\\.0)')), 'reproductive', '') AS `class`,
    if(empty(multiIf(notEmpty(ifNull(toString(`history_kind_text`), '')), ifNull(toString(`history_kind_text`), ''), ifNull(toString(`history_kind`), ''))), '病史', multiIf(notEmpty(ifNull(toString(`history_kind_text`), '')), ifNull(toString(`history_kind_text`), ''), ifNull(toString(`history_kind`), ''))) AS `kind`,
    multiIf(notEmpty(ifNull(toString(`problem_text`), '')), ifNull(toString(`problem_text`), ''), ifNull(toString(`description`), '')) AS `title`,
    ifNull(toString(`problem`), '') AS `code`,
    ifNull(toString(`active`), '') AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    '' AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`staff_name`), '') AS `doctor`,
    substringUTF8(ifNull(toString(`description`), ''), 1, 300) AS `note`,
    '' AS `parent`,
    toDateTime64(`ended_on`, 3, 'UTC') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    if(empty(`problem_text`), 1, is_deleted) AS `is_deleted`,
    ifNull(toString(`relation`), '') AS `certainty`
FROM `health`.`history_item_local`
COMMENT '4d3506612b49531e';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_allergy_allergy` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'allergy' AS `section`,
    `event_time` AS `event_time`,
    'allergy' AS `dataset`,
    `allergy_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`allergen_text`), '')), ifNull(toString(`allergen_text`), ''), ifNull(toString(`note`), '')), ' ', ifNull(toString(`reaction`), ''), ' ', ifNull(toString(`none_known`), '')), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`allergen_text`), '')), ifNull(toString(`allergen_text`), ''), ifNull(toString(`note`), '')), ' ', ifNull(toString(`reaction`), ''), ' ', ifNull(toString(`none_known`), '')), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])), 'addiction', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`allergen_text`), '')), ifNull(toString(`allergen_text`), ''), ifNull(toString(`note`), '')), ' ', ifNull(toString(`reaction`), ''), ' ', ifNull(toString(`none_known`), '')), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`allergen_text`), '')), ifNull(toString(`allergen_text`), ''), ifNull(toString(`note`), '')), ' ', ifNull(toString(`reaction`), ''), ' ', ifNull(toString(`none_known`), '')), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`allergen_text`), '')), ifNull(toString(`allergen_text`), ''), ifNull(toString(`note`), '')), ' ', ifNull(toString(`reaction`), ''), ' ', ifNull(toString(`none_known`), '')), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])), 'reproductive', '') AS `class`,
    if(empty(ifNull(toString(`allergen_kind_text`), '')), '过敏', ifNull(toString(`allergen_kind_text`), '')) AS `kind`,
    multiIf(notEmpty(ifNull(toString(`allergen_text`), '')), ifNull(toString(`allergen_text`), ''), ifNull(toString(`note`), '')) AS `title`,
    multiIf(notEmpty(ifNull(toString(`allergen`), '')), ifNull(toString(`allergen`), ''), ifNull(toString(`drug_code`), '')) AS `code`,
    ifNull(toString(`none_known`), '') AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    ifNull(toString(`severity`), '') AS `flag`,
    '' AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`staff_name`), '') AS `doctor`,
    substringUTF8(ifNull(toString(`reaction`), ''), 1, 300) AS `note`,
    '' AS `parent`,
    toDateTime64(`ended_on`, 3, 'UTC') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    ifNull(toString(`certainty`), '') AS `certainty`
FROM `health`.`allergy_local`
COMMENT 'a4c8639e7171c4f7';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_emr_ex_lab_item_lab` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'lab' AS `section`,
    `event_time` AS `event_time`,
    'emr_ex_lab_item' AS `dataset`,
    `id` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`item_name`), '')), ifNull(toString(`item_name`), ''), ifNull(toString(`source_examination_result_name`), '')), ' ', ifNull(toString(`examination_result_name`), ''), ' ', multiIf(notEmpty(ifNull(toString(`examination_quantification`), '')), ifNull(toString(`examination_quantification`), ''), ifNull(toString(`examination_result_name`), ''))), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`item_name`), '')), ifNull(toString(`item_name`), ''), ifNull(toString(`source_examination_result_name`), '')), ' ', ifNull(toString(`examination_result_name`), ''), ' ', multiIf(notEmpty(ifNull(toString(`examination_quantification`), '')), ifNull(toString(`examination_quantification`), ''), ifNull(toString(`examination_result_name`), ''))), ['戒毒', '美沙酮', '药物依赖']), 'addiction', multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`item_name`), '')), ifNull(toString(`item_name`), ''), ifNull(toString(`source_examination_result_name`), '')), ' ', ifNull(toString(`examination_result_name`), ''), ' ', multiIf(notEmpty(ifNull(toString(`examination_quantification`), '')), ifNull(toString(`examination_quantification`), ''), ifNull(toString(`examination_result_name`), ''))), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`item_name`), '')), ifNull(toString(`item_name`), ''), ifNull(toString(`source_examination_result_name`), '')), ' ', ifNull(toString(`examination_result_name`), ''), ' ', multiIf(notEmpty(ifNull(toString(`examination_quantification`), '')), ifNull(toString(`examination_quantification`), ''), ifNull(toString(`examination_result_name`), ''))), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`item_name`), '')), ifNull(toString(`item_name`), ''), ifNull(toString(`source_examination_result_name`), '')), ' ', ifNull(toString(`examination_result_name`), ''), ' ', multiIf(notEmpty(ifNull(toString(`examination_quantification`), '')), ifNull(toString(`examination_quantification`), ''), ifNull(toString(`examination_result_name`), ''))), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']), 'reproductive', '') AS `class`,
    '' AS `kind`,
    multiIf(notEmpty(ifNull(toString(`item_name`), '')), ifNull(toString(`item_name`), ''), ifNull(toString(`source_examination_result_name`), '')) AS `title`,
    ifNull(toString(`item_code`), '') AS `code`,
    multiIf(notEmpty(ifNull(toString(`examination_quantification`), '')), ifNull(toString(`examination_quantification`), ''), ifNull(toString(`examination_result_name`), '')) AS `value`,
    ifNull(toString(`examination_quantification_unit`), '') AS `unit`,
    ifNull(toString(`examination_quantification_lower`), '') AS `low`,
    ifNull(toString(`examination_quantification_upper`), '') AS `high`,
    ifNull(toString(`examination_quantification_ri`), '') AS `flag`,
    '' AS `visit`,
    '' AS `department`,
    '' AS `doctor`,
    substringUTF8(ifNull(toString(`examination_result_name`), ''), 1, 300) AS `note`,
    ifNull(toString(`ex_lab_id`), '') AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    '' AS `org_code`,
    '' AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`emr_ex_lab_item_local`
COMMENT '94458b1721ce9d26';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_emr_ex_lab_lab_report` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'lab_report' AS `section`,
    `event_time` AS `event_time`,
    'emr_ex_lab' AS `dataset`,
    `id` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`specimen_category_name`), '')), ifNull(toString(`specimen_category_name`), ''), ifNull(toString(`examination_report_no`), '')), ' ', ifNull(toString(`examination_subjective_desc`), ''), ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`specimen_category_name`), '')), ifNull(toString(`specimen_category_name`), ''), ifNull(toString(`examination_report_no`), '')), ' ', ifNull(toString(`examination_subjective_desc`), ''), ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])), 'addiction', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`specimen_category_name`), '')), ifNull(toString(`specimen_category_name`), ''), ifNull(toString(`examination_report_no`), '')), ' ', ifNull(toString(`examination_subjective_desc`), ''), ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`specimen_category_name`), '')), ifNull(toString(`specimen_category_name`), ''), ifNull(toString(`examination_report_no`), '')), ' ', ifNull(toString(`examination_subjective_desc`), ''), ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`specimen_category_name`), '')), ifNull(toString(`specimen_category_name`), ''), ifNull(toString(`examination_report_no`), '')), ' ', ifNull(toString(`examination_subjective_desc`), ''), ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])), 'reproductive', '') AS `class`,
    '检验报告' AS `kind`,
    multiIf(notEmpty(ifNull(toString(`specimen_category_name`), '')), ifNull(toString(`specimen_category_name`), ''), ifNull(toString(`examination_report_no`), '')) AS `title`,
    ifNull(toString(`specimen_category_code`), '') AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`serial_number`), '') AS `visit`,
    `dept_name` AS `department`,
    '' AS `doctor`,
    substringUTF8(ifNull(toString(`examination_subjective_desc`), ''), 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`emr_ex_lab_local`
COMMENT '2332e306c7ebe174';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_nucleic_acid_lab` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'lab' AS `section`,
    `event_time` AS `event_time`,
    'nucleic_acid' AS `dataset`,
    `sample_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`sampling_kind_text`), ''), ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`result_text`), '')), ifNull(toString(`result_text`), ''), ifNull(toString(`result`), ''))), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`sampling_kind_text`), ''), ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`result_text`), '')), ifNull(toString(`result_text`), ''), ifNull(toString(`result`), ''))), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])), 'addiction', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`sampling_kind_text`), ''), ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`result_text`), '')), ifNull(toString(`result_text`), ''), ifNull(toString(`result`), ''))), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`sampling_kind_text`), ''), ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`result_text`), '')), ifNull(toString(`result_text`), ''), ifNull(toString(`result`), ''))), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`sampling_kind_text`), ''), ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`result_text`), '')), ifNull(toString(`result_text`), ''), ifNull(toString(`result`), ''))), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])), 'reproductive', '') AS `class`,
    '核酸检测' AS `kind`,
    ifNull(toString(`sampling_kind_text`), '') AS `title`,
    ifNull(toString(`sampling_kind`), '') AS `code`,
    multiIf(notEmpty(ifNull(toString(`result_text`), '')), ifNull(toString(`result_text`), ''), ifNull(toString(`result`), '')) AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    '' AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`staff_name`), '') AS `doctor`,
    substringUTF8('', 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`nucleic_acid_local`
COMMENT '1b10b1765b85c09d';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_emr_ex_clinical_exam` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'exam' AS `section`,
    `event_time` AS `event_time`,
    'emr_ex_clinical' AS `dataset`,
    `id` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`examination_type_name`), '')), ifNull(toString(`examination_type_name`), ''), ifNull(toString(`examination_report_no`), '')), ' ', multiIf(notEmpty(ifNull(toString(`examination_subjective_desc`), '')), ifNull(toString(`examination_subjective_desc`), ''), ifNull(toString(`examination_objective_desc`), '')), ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`examination_type_name`), '')), ifNull(toString(`examination_type_name`), ''), ifNull(toString(`examination_report_no`), '')), ' ', multiIf(notEmpty(ifNull(toString(`examination_subjective_desc`), '')), ifNull(toString(`examination_subjective_desc`), ''), ifNull(toString(`examination_objective_desc`), '')), ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])), 'addiction', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`examination_type_name`), '')), ifNull(toString(`examination_type_name`), ''), ifNull(toString(`examination_report_no`), '')), ' ', multiIf(notEmpty(ifNull(toString(`examination_subjective_desc`), '')), ifNull(toString(`examination_subjective_desc`), ''), ifNull(toString(`examination_objective_desc`), '')), ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`examination_type_name`), '')), ifNull(toString(`examination_type_name`), ''), ifNull(toString(`examination_report_no`), '')), ' ', multiIf(notEmpty(ifNull(toString(`examination_subjective_desc`), '')), ifNull(toString(`examination_subjective_desc`), ''), ifNull(toString(`examination_objective_desc`), '')), ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`examination_type_name`), '')), ifNull(toString(`examination_type_name`), ''), ifNull(toString(`examination_report_no`), '')), ' ', multiIf(notEmpty(ifNull(toString(`examination_subjective_desc`), '')), ifNull(toString(`examination_subjective_desc`), ''), ifNull(toString(`examination_objective_desc`), '')), ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])), 'reproductive', '') AS `class`,
    if(empty(ifNull(toString(`examination_type_name`), '')), '检查', ifNull(toString(`examination_type_name`), '')) AS `kind`,
    multiIf(notEmpty(ifNull(toString(`examination_type_name`), '')), ifNull(toString(`examination_type_name`), ''), ifNull(toString(`examination_report_no`), '')) AS `title`,
    ifNull(toString(`examination_type_code`), '') AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`serial_number`), '') AS `visit`,
    `dept_name` AS `department`,
    '' AS `doctor`,
    substringUTF8(multiIf(notEmpty(ifNull(toString(`examination_subjective_desc`), '')), ifNull(toString(`examination_subjective_desc`), ''), ifNull(toString(`examination_objective_desc`), '')), 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`emr_ex_clinical_local`
COMMENT 'e8bb156f781d170b';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_emr_order_item_drug` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'drug' AS `section`,
    `event_time` AS `event_time`,
    'emr_order_item' AS `dataset`,
    `id` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`drug_name`), '')), ifNull(toString(`drug_name`), ''), ifNull(toString(`tcm_prescription`), '')), ' ', ifNull(toString(`drug_specifications`), ''), ' ', ifNull(toString(`drug_dosage_code`), '')), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`drug_name`), '')), ifNull(toString(`drug_name`), ''), ifNull(toString(`tcm_prescription`), '')), ' ', ifNull(toString(`drug_specifications`), ''), ' ', ifNull(toString(`drug_dosage_code`), '')), ['戒毒', '美沙酮', '药物依赖']), 'addiction', multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`drug_name`), '')), ifNull(toString(`drug_name`), ''), ifNull(toString(`tcm_prescription`), '')), ' ', ifNull(toString(`drug_specifications`), ''), ' ', ifNull(toString(`drug_dosage_code`), '')), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`drug_name`), '')), ifNull(toString(`drug_name`), ''), ifNull(toString(`tcm_prescription`), '')), ' ', ifNull(toString(`drug_specifications`), ''), ' ', ifNull(toString(`drug_dosage_code`), '')), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`drug_name`), '')), ifNull(toString(`drug_name`), ''), ifNull(toString(`tcm_prescription`), '')), ' ', ifNull(toString(`drug_specifications`), ''), ' ', ifNull(toString(`drug_dosage_code`), '')), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']), 'reproductive', '') AS `class`,
    '' AS `kind`,
    multiIf(notEmpty(ifNull(toString(`drug_name`), '')), ifNull(toString(`drug_name`), ''), ifNull(toString(`tcm_prescription`), '')) AS `title`,
    ifNull(toString(`drug_code`), '') AS `code`,
    ifNull(toString(`drug_dosage_code`), '') AS `value`,
    ifNull(toString(`drug_dosage_unit_name`), '') AS `unit`,
    ifNull(toString(`drug_dosage_total`), '') AS `low`,
    '' AS `high`,
    '' AS `flag`,
    '' AS `visit`,
    '' AS `department`,
    '' AS `doctor`,
    substringUTF8(ifNull(toString(`drug_specifications`), ''), 1, 300) AS `note`,
    ifNull(toString(`order_id`), '') AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    '' AS `org_code`,
    '' AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`emr_order_item_local`
COMMENT '778343ece57100dc';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_operation_operation` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'operation' AS `section`,
    `event_time` AS `event_time`,
    'operation' AS `dataset`,
    `operation_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`operation_text`), ''), ' ', ifNull(toString(`postoperative_diagnosis_text`), ''), ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`operation_text`), ''), ' ', ifNull(toString(`postoperative_diagnosis_text`), ''), ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])), 'addiction', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`operation_text`), ''), ' ', ifNull(toString(`postoperative_diagnosis_text`), ''), ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`operation_text`), ''), ' ', ifNull(toString(`postoperative_diagnosis_text`), ''), ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`operation_text`), ''), ' ', ifNull(toString(`postoperative_diagnosis_text`), ''), ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])), 'reproductive', '') AS `class`,
    if(empty(ifNull(toString(`operation_level_text`), '')), '手术', ifNull(toString(`operation_level_text`), '')) AS `kind`,
    ifNull(toString(`operation_text`), '') AS `title`,
    ifNull(toString(`operation`), '') AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`visit_no`), '') AS `visit`,
    `dept_name` AS `department`,
    multiIf(notEmpty(ifNull(toString(`surgeon_name`), '')), ifNull(toString(`surgeon_name`), ''), ifNull(toString(`staff_name`), '')) AS `doctor`,
    substringUTF8(ifNull(toString(`postoperative_diagnosis_text`), ''), 1, 300) AS `note`,
    '' AS `parent`,
    `ended_at` AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`operation_local`
COMMENT '8f4c606fddb6088b';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_observation_observation` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'observation' AS `section`,
    `event_time` AS `event_time`,
    'observation' AS `dataset`,
    `observation_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`item_text`), '')), ifNull(toString(`item_text`), ''), ifNull(toString(`item`), '')), ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`value`), '')), ifNull(toString(`value`), ''), ifNull(toString(`value_text`), ''))), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`item_text`), '')), ifNull(toString(`item_text`), ''), ifNull(toString(`item`), '')), ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`value`), '')), ifNull(toString(`value`), ''), ifNull(toString(`value_text`), ''))), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])), 'addiction', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`item_text`), '')), ifNull(toString(`item_text`), ''), ifNull(toString(`item`), '')), ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`value`), '')), ifNull(toString(`value`), ''), ifNull(toString(`value_text`), ''))), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`item_text`), '')), ifNull(toString(`item_text`), ''), ifNull(toString(`item`), '')), ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`value`), '')), ifNull(toString(`value`), ''), ifNull(toString(`value_text`), ''))), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`item_text`), '')), ifNull(toString(`item_text`), ''), ifNull(toString(`item`), '')), ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`value`), '')), ifNull(toString(`value`), ''), ifNull(toString(`value_text`), ''))), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])), 'reproductive', '') AS `class`,
    '体征' AS `kind`,
    multiIf(notEmpty(ifNull(toString(`item_text`), '')), ifNull(toString(`item_text`), ''), ifNull(toString(`item`), '')) AS `title`,
    ifNull(toString(`item`), '') AS `code`,
    multiIf(notEmpty(ifNull(toString(`value`), '')), ifNull(toString(`value`), ''), ifNull(toString(`value_text`), '')) AS `value`,
    ifNull(toString(`unit`), '') AS `unit`,
    ifNull(toString(`range_low`), '') AS `low`,
    ifNull(toString(`range_high`), '') AS `high`,
    ifNull(toString(`range_flag`), '') AS `flag`,
    ifNull(toString(`visit_no`), '') AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`staff_name`), '') AS `doctor`,
    substringUTF8('', 1, 300) AS `note`,
    ifNull(toString(`group_no`), '') AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`observation_local`
COMMENT '42a60cd4ae2a5519';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_service_record_observation` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'observation' AS `section`,
    `event_time` AS `event_time`,
    'service_record' AS `dataset`,
    `service_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat('', ' ', ifNull(toString(`programme_text`), ''), ' ', ifNull(toString(`systolic`), '')), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', (multiSearchAnyCaseInsensitiveUTF8(concat('', ' ', ifNull(toString(`programme_text`), ''), ' ', ifNull(toString(`systolic`), '')), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])), 'addiction', (multiSearchAnyCaseInsensitiveUTF8(concat('', ' ', ifNull(toString(`programme_text`), ''), ' ', ifNull(toString(`systolic`), '')), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat('', ' ', ifNull(toString(`programme_text`), ''), ' ', ifNull(toString(`systolic`), '')), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', (multiSearchAnyCaseInsensitiveUTF8(concat('', ' ', ifNull(toString(`programme_text`), ''), ' ', ifNull(toString(`systolic`), '')), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])), 'reproductive', '') AS `class`,
    '血压' AS `kind`,
    '血压' AS `title`,
    '' AS `code`,
    multiIf(notEmpty(ifNull(toString(`systolic`), '')) AND notEmpty(ifNull(toString(`diastolic`), '')), concat(ifNull(toString(`systolic`), ''), '/', ifNull(toString(`diastolic`), '')), '') AS `value`,
    'mmHg' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    '' AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`staff_name`), '') AS `doctor`,
    substringUTF8(ifNull(toString(`programme_text`), ''), 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    if(empty(multiIf(notEmpty(ifNull(toString(`systolic`), '')) AND notEmpty(ifNull(toString(`diastolic`), '')), concat(ifNull(toString(`systolic`), ''), '/', ifNull(toString(`diastolic`), '')), '')), 1, is_deleted) AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`service_record_local`
COMMENT '619e1b3803b33376';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_health_exam_observation` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'observation' AS `section`,
    `event_time` AS `event_time`,
    'health_exam' AS `dataset`,
    `exam_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat('', ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`systolic_left`), '')), ifNull(toString(`systolic_left`), ''), ifNull(toString(`systolic_right`), ''))), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', (multiSearchAnyCaseInsensitiveUTF8(concat('', ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`systolic_left`), '')), ifNull(toString(`systolic_left`), ''), ifNull(toString(`systolic_right`), ''))), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])), 'addiction', (multiSearchAnyCaseInsensitiveUTF8(concat('', ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`systolic_left`), '')), ifNull(toString(`systolic_left`), ''), ifNull(toString(`systolic_right`), ''))), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat('', ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`systolic_left`), '')), ifNull(toString(`systolic_left`), ''), ifNull(toString(`systolic_right`), ''))), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', (multiSearchAnyCaseInsensitiveUTF8(concat('', ' ', '', ' ', multiIf(notEmpty(ifNull(toString(`systolic_left`), '')), ifNull(toString(`systolic_left`), ''), ifNull(toString(`systolic_right`), ''))), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])), 'reproductive', '') AS `class`,
    '血压' AS `kind`,
    '血压' AS `title`,
    '' AS `code`,
    multiIf(notEmpty(ifNull(toString(`systolic_left`), '')) AND notEmpty(ifNull(toString(`diastolic_left`), '')), concat(ifNull(toString(`systolic_left`), ''), '/', ifNull(toString(`diastolic_left`), '')), notEmpty(ifNull(toString(`systolic_right`), '')) AND notEmpty(ifNull(toString(`diastolic_right`), '')), concat(ifNull(toString(`systolic_right`), ''), '/', ifNull(toString(`diastolic_right`), '')), '') AS `value`,
    'mmHg' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    '' AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`staff_name`), '') AS `doctor`,
    substringUTF8('', 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    if(empty(multiIf(notEmpty(ifNull(toString(`systolic_left`), '')) AND notEmpty(ifNull(toString(`diastolic_left`), '')), concat(ifNull(toString(`systolic_left`), ''), '/', ifNull(toString(`diastolic_left`), '')), notEmpty(ifNull(toString(`systolic_right`), '')) AND notEmpty(ifNull(toString(`diastolic_right`), '')), concat(ifNull(toString(`systolic_right`), ''), '/', ifNull(toString(`diastolic_right`), '')), '')), 1, is_deleted) AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`health_exam_local`
COMMENT 'c91261523b42c018';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_vaccination_vaccination` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'vaccination' AS `section`,
    `event_time` AS `event_time`,
    'vaccination' AS `dataset`,
    `vaccination_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`vaccine_text`), ''), ' ', ifNull(toString(`manufacturer`), ''), ' ', ifNull(toString(`dose`), '')), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`vaccine_text`), ''), ' ', ifNull(toString(`manufacturer`), ''), ' ', ifNull(toString(`dose`), '')), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])), 'addiction', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`vaccine_text`), ''), ' ', ifNull(toString(`manufacturer`), ''), ' ', ifNull(toString(`dose`), '')), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`vaccine_text`), ''), ' ', ifNull(toString(`manufacturer`), ''), ' ', ifNull(toString(`dose`), '')), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`vaccine_text`), ''), ' ', ifNull(toString(`manufacturer`), ''), ' ', ifNull(toString(`dose`), '')), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])), 'reproductive', '') AS `class`,
    '预防接种' AS `kind`,
    ifNull(toString(`vaccine_text`), '') AS `title`,
    ifNull(toString(`vaccine`), '') AS `code`,
    ifNull(toString(`dose`), '') AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    '' AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`staff_name`), '') AS `doctor`,
    substringUTF8(ifNull(toString(`manufacturer`), ''), 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`vaccination_local`
COMMENT '54d0ff555c00c05c';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_health_exam_service` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'service' AS `section`,
    `event_time` AS `event_time`,
    'health_exam' AS `dataset`,
    `exam_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`assessment`), '')), ifNull(toString(`assessment`), ''), ifNull(toString(`problems`), '')), ' ', ifNull(toString(`guidance`), ''), ' ', ifNull(toString(`abnormal`), '')), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`assessment`), '')), ifNull(toString(`assessment`), ''), ifNull(toString(`problems`), '')), ' ', ifNull(toString(`guidance`), ''), ' ', ifNull(toString(`abnormal`), '')), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])), 'addiction', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`assessment`), '')), ifNull(toString(`assessment`), ''), ifNull(toString(`problems`), '')), ' ', ifNull(toString(`guidance`), ''), ' ', ifNull(toString(`abnormal`), '')), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`assessment`), '')), ifNull(toString(`assessment`), ''), ifNull(toString(`problems`), '')), ' ', ifNull(toString(`guidance`), ''), ' ', ifNull(toString(`abnormal`), '')), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`assessment`), '')), ifNull(toString(`assessment`), ''), ifNull(toString(`problems`), '')), ' ', ifNull(toString(`guidance`), ''), ' ', ifNull(toString(`abnormal`), '')), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])), 'reproductive', '') AS `class`,
    '健康体检' AS `kind`,
    multiIf(notEmpty(ifNull(toString(`assessment`), '')), ifNull(toString(`assessment`), ''), ifNull(toString(`problems`), '')) AS `title`,
    '' AS `code`,
    ifNull(toString(`abnormal`), '') AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    '' AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`staff_name`), '') AS `doctor`,
    substringUTF8(ifNull(toString(`guidance`), ''), 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`health_exam_local`
COMMENT '56dcd11d7eb6ab47';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_service_record_service` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'service' AS `section`,
    `event_time` AS `event_time`,
    'service_record' AS `dataset`,
    `service_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`programme_text`), ''), ' ', ifNull(toString(`guidance`), ''), ' ', ifNull(toString(`result_text`), '')), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`programme_text`), ''), ' ', ifNull(toString(`guidance`), ''), ' ', ifNull(toString(`result_text`), '')), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])), 'addiction', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`programme_text`), ''), ' ', ifNull(toString(`guidance`), ''), ' ', ifNull(toString(`result_text`), '')), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`programme_text`), ''), ' ', ifNull(toString(`guidance`), ''), ' ', ifNull(toString(`result_text`), '')), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`programme_text`), ''), ' ', ifNull(toString(`guidance`), ''), ' ', ifNull(toString(`result_text`), '')), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])), 'reproductive', '') AS `class`,
    if(empty(ifNull(toString(`mode_text`), '')), '公共卫生服务', ifNull(toString(`mode_text`), '')) AS `kind`,
    ifNull(toString(`programme_text`), '') AS `title`,
    ifNull(toString(`programme`), '') AS `code`,
    ifNull(toString(`result_text`), '') AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    '' AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`staff_name`), '') AS `doctor`,
    substringUTF8(ifNull(toString(`guidance`), ''), 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`service_record_local`
COMMENT 'ad942e20ab32ce2c';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_blood_donation_service` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'service' AS `section`,
    `event_time` AS `event_time`,
    'blood_donation' AS `dataset`,
    `donation_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`donation_kind_text`), ''), ' ', ifNull(toString(`result_text`), ''), ' ', ifNull(toString(`volume`), '')), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`donation_kind_text`), ''), ' ', ifNull(toString(`result_text`), ''), ' ', ifNull(toString(`volume`), '')), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])), 'addiction', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`donation_kind_text`), ''), ' ', ifNull(toString(`result_text`), ''), ' ', ifNull(toString(`volume`), '')), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`donation_kind_text`), ''), ' ', ifNull(toString(`result_text`), ''), ' ', ifNull(toString(`volume`), '')), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`donation_kind_text`), ''), ' ', ifNull(toString(`result_text`), ''), ' ', ifNull(toString(`volume`), '')), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])), 'reproductive', '') AS `class`,
    '献血' AS `kind`,
    ifNull(toString(`donation_kind_text`), '') AS `title`,
    ifNull(toString(`donation_kind`), '') AS `code`,
    ifNull(toString(`volume`), '') AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    '' AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`staff_name`), '') AS `doctor`,
    substringUTF8(ifNull(toString(`result_text`), ''), 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`blood_donation_local`
COMMENT '8279795d7f91fb4c';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_document_document` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'document' AS `section`,
    `event_time` AS `event_time`,
    'document' AS `dataset`,
    `document_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`title`), '')), ifNull(toString(`title`), ''), ifNull(toString(`document_type_text`), '')), ' ', ifNull(toString(`media_type`), ''), ' ', ''), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`title`), '')), ifNull(toString(`title`), ''), ifNull(toString(`document_type_text`), '')), ' ', ifNull(toString(`media_type`), ''), ' ', ''), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])), 'addiction', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`title`), '')), ifNull(toString(`title`), ''), ifNull(toString(`document_type_text`), '')), ' ', ifNull(toString(`media_type`), ''), ' ', ''), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`title`), '')), ifNull(toString(`title`), ''), ifNull(toString(`document_type_text`), '')), ' ', ifNull(toString(`media_type`), ''), ' ', ''), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', (multiSearchAnyCaseInsensitiveUTF8(concat(multiIf(notEmpty(ifNull(toString(`title`), '')), ifNull(toString(`title`), ''), ifNull(toString(`document_type_text`), '')), ' ', ifNull(toString(`media_type`), ''), ' ', ''), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])), 'reproductive', '') AS `class`,
    if(empty(ifNull(toString(`document_type_text`), '')), '文档', ifNull(toString(`document_type_text`), '')) AS `kind`,
    multiIf(notEmpty(ifNull(toString(`title`), '')), ifNull(toString(`title`), ''), ifNull(toString(`document_type_text`), '')) AS `title`,
    ifNull(toString(`document_type`), '') AS `code`,
    '' AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`visit_no`), '') AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`staff_name`), '') AS `doctor`,
    substringUTF8(ifNull(toString(`media_type`), ''), 1, 300) AS `note`,
    ifNull(toString(`report_id`), '') AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`document_local`
COMMENT '8befdf042d0df6b6';

CREATE MATERIALIZED VIEW IF NOT EXISTS `health`.`to_record_charge_charge` ON CLUSTER `region` TO `health`.`record_event_local`
AS SELECT
    `shelf` AS `shelf`,
    `patient_key` AS `patient_key`,
    'charge' AS `section`,
    `event_time` AS `event_time`,
    'charge' AS `dataset`,
    `charge_no` AS `row_key`,
    `institution` AS `institution`,
    `division_code` AS `division_code`,
    `line` AS `line`,
    multiIf(multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`invoice_no`), ''), ' ', '', ' ', ifNull(toString(`total`), '')), ['艾滋', 'HIV', '人类免疫缺陷病毒', '抗逆转录病毒', '齐多夫定', '拉米夫定', '依非韦伦', 'CD4', '恩曲他滨', '多替拉韦', '比克替拉韦', '洛匹那韦', '奈韦拉平', '阿巴卡韦', '拉替拉韦', '艾博韦泰']), 'hiv', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`invoice_no`), ''), ' ', '', ' ', ifNull(toString(`total`), '')), ['戒毒', '美沙酮', '药物依赖']) OR multiSearchAny(`dept_name`, ['戒毒', '成瘾'])), 'addiction', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`invoice_no`), ''), ' ', '', ' ', ifNull(toString(`total`), '')), ['精神科', '精神障碍', '精神分裂', '双相情感', '抑郁发作', '奥氮平', '利培酮', '氯氮平', '喹硫平', '碳酸锂', '帕利哌酮', '阿立哌唑', '齐拉西酮', '氨磺必利', '氟哌啶醇', '氯丙嗪', '奋乃静', '舍曲林', '帕罗西汀', '氟西汀', '西酞普兰', '文拉法辛', '米氮平']) OR multiSearchAny(`dept_name`, ['精神', '心理', '心身'])), 'mental', multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`invoice_no`), ''), ' ', '', ' ', ifNull(toString(`total`), '')), ['梅毒', '淋病', '淋球菌', '尖锐湿疣', '生殖器疱疹', '性病', '密螺旋体', 'TPPA', '快速血浆反应素']), 'sexual', (multiSearchAnyCaseInsensitiveUTF8(concat(ifNull(toString(`invoice_no`), ''), ' ', '', ' ', ifNull(toString(`total`), '')), ['流产', '引产', '终止妊娠', '人工授精', '试管婴儿', '胚胎移植', '米非司酮', '不孕', '不育']) OR multiSearchAny(`dept_name`, ['生殖', '计划生育'])), 'reproductive', '') AS `class`,
    '收费' AS `kind`,
    ifNull(toString(`invoice_no`), '') AS `title`,
    ifNull(toString(`state`), '') AS `code`,
    ifNull(toString(`total`), '') AS `value`,
    '' AS `unit`,
    '' AS `low`,
    '' AS `high`,
    '' AS `flag`,
    ifNull(toString(`visit_no`), '') AS `visit`,
    `dept_name` AS `department`,
    ifNull(toString(`staff_name`), '') AS `doctor`,
    substringUTF8('', 1, 300) AS `note`,
    '' AS `parent`,
    CAST(NULL, 'Nullable(DateTime64(3, ''UTC''))') AS `ended`,
    `org_code` AS `org_code`,
    `org_name` AS `org_name`,
    `source` AS `source`,
    `received_at` AS `received_at`,
    `version` AS `version`,
    is_deleted AS `is_deleted`,
    '' AS `certainty`
FROM `health`.`charge_local`
COMMENT 'd5c2998f5e0f6cab';

