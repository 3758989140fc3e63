//! Employees as an HR system would send them: 1.4 KB of JSON, about forty fields, nested.

/// The raw JSON of the employee with this number.
pub fn employee(n: u64) -> String {
    let pick = |names: &[&'static str], step: u64| names[((n / step) % names.len() as u64) as usize];
    let first = pick(&["Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances"], 1);
    let last = pick(&["Byron", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Allen"], 7);
    let gender = pick(&["Female", "Male", "Non-binary", "Undeclared"], 3);
    let marital = pick(&["Single", "Married", "Divorced"], 5);
    let status = pick(&["active", "terminated", "pending"], 11);
    let (year, month, day) = (1960 + n % 40, 1 + n % 12, 1 + n % 28);
    format!(
        r#"{{"id":"emp_{n:08}","self":"https://api.hr.example.com/v1/employees/emp_{n:08}","object":"employee","employeeNumber":{n},"firstName":"{first}","middleName":null,"lastName":"{last}","preferredName":"{first}","displayName":"{first} {last}","userName":"{first}.{last}.{n}","workEmail":"{first}.{last}.{n}@example.com","personalEmail":"{first}{n}@mail.example.org","mobilePhone":"+49 30 {n:07}","workPhone":"+49 30 {n:07} 12","gender":"{gender}","maritalStatus":"{marital}","ethnicity":"Asian","ssn":"123-45-{n:04}","dateOfBirth":"{year}-{month:02}-{day:02}","hireDate":"20{h:02}-{month:02}-{day:02}","originalHireDate":"20{h:02}-{month:02}-{day:02}T00:00:00Z","terminationDate":"0000-00-00","createdAt":"20{h:02}-{month:02}-{day:02}T08:15:30+02:00","updatedAt":"2024-05-06T07:08:09.123Z","status":"{status}","photoUrl":"https://cdn.example.com/photos/{n}.jpg","job":{{"title":"Engineer","level":"L{l}","department":{{"id":"dep_{d}","name":"Engineering {d}"}},"division":"Research"}},"company":{{"id":"co_1","name":"Example GmbH"}},"location":{{"id":"loc_{d}","name":"Berlin","country":"DE"}},"manager":{{"id":"emp_{m:08}","displayName":"The Boss"}},"payGroupId":"pg_{d}","homeAddress":{{"id":"adr_{n}","street1":"{n} Some Street","street2":"","city":"Berlin","state":"BE","zip":"10115","country":"Germany"}},"groups":[{{"id":"g_{d}","name":"All"}},{{"id":"g_{l}","name":"Level"}}],"customFields":{{"shirt":"M","desk":{n},"remote":true}},"flags":["a","b"],"notes":"Line one\nline two \"quoted\""}}"#,
        h = n % 24,
        l = n % 9,
        d = n % 50,
        m = n / 10,
    )
}

/// The read spec for them: 27 fields.
pub const READ: &str = r#"
id: .id
where: .object == "employee"
fields:
  employee_url: .self
  employee_number: .employeeNumber
  company: .company.id
  first_name: .firstName
  last_name: .lastName
  preferred_name: .preferredName // .firstName
  display_full_name: .displayName // (.firstName + " " + .lastName)
  username: .userName
  groups: '[.groups[] | .id]'
  work_email: .workEmail
  personal_email: .personalEmail
  mobile_phone_number: .mobilePhone
  home_location: .homeAddress.id
  work_location: .location.id
  manager: .manager.id
  team: .job.department.id
  pay_group: .payGroupId
  ssn: .ssn
  gender: { from: .gender, map: { Female: FEMALE, Male: MALE, Non-binary: NON-BINARY, Undeclared: PREFER_NOT_TO_DISCLOSE } }
  ethnicity: { from: .ethnicity, map: { Asian: ASIAN_OR_INDIAN_SUBCONTINENT, White: WHITE } }
  marital_status: { from: .maritalStatus, map: { Single: SINGLE, Married: MARRIED_FILING_JOINTLY } }
  date_of_birth: .dateOfBirth
  hire_date: .hireDate
  start_date: .originalHireDate // .hireDate
  remote_created_at: .createdAt
  employment_status: { from: .status, map: { active: ACTIVE, terminated: INACTIVE, pending: PENDING } }
  termination_date: .terminationDate
  avatar: .photoUrl
"#;
