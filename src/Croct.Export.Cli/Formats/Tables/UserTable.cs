using Croct.Export.Models;
using Newtonsoft.Json.Linq;
using static Croct.Export.Cli.Formats.Tables.Column<Croct.Export.Models.User>;

namespace Croct.Export.Cli.Formats.Tables;

/// <summary>One row a user.</summary>
internal sealed class UserTable() : Table<User>(
    "users",
    [
        Text("user_id", "The id of the user.", u => u.UserId),
        Text("external_user_id", "The user in the application's own system; null for anonymous users.", u => u.ExternalUserId),
        Text("first_name", "The given name.", u => u.FirstName),
        Text("last_name", "The family name.", u => u.LastName),
        Timestamp("birth_date", "The date of birth; may be before 1970.", u => u.BirthDateUtc),
        Text("gender", "MALE, FEMALE, NEUTRAL or UNKNOWN.", u => u.Gender?.Value),
        Text("email", "The e-mail address.", u => u.Email),
        Text("alternate_email", "A further e-mail address.", u => u.AlternateEmail),
        Text("phone", "The phone number.", u => u.Phone),
        Text("alternate_phone", "A further phone number.", u => u.AlternatePhone),
        Text("street", "The street and the number of the house.", u => u.Address?.Street),
        Text("district", "The district of the city.", u => u.Address?.District),
        Text("city", "The city.", u => u.Address?.City),
        Text("region", "The region or state.", u => u.Address?.Region),
        Text("country", "The country.", u => u.Address?.Country),
        Text("postal_code", "The postal code.", u => u.Address?.PostalCode),
        Text("avatar", "The URL of a picture.", u => u.Avatar),
        Text("company", "The company that the user works for.", u => u.Company),
        Text("company_url", "The URL of the company's site.", u => u.CompanyUrl),
        Text("job_title", "The position at work.", u => u.JobTitle),
        Timestamp("last_modified_time", "When the user last changed; `--start` and `--end` are about it.", u => u.LastModifiedTimeUtc),
        Int32("orders", "How many orders the user placed.", u => u.Statistics?.Orders),
        Int32("sessions", "How many sessions the user had.", u => u.Statistics?.Sessions),
        JsonOf("activities", "What the user does: a list of texts; null when it is empty.", u => NotEmpty(u.Activities)),
        JsonOf("interests", "What the user is interested in: a list of texts; null when it is empty.", u => NotEmpty(u.Interests)),
        JsonOf("custom_attributes", "The attributes that the application gave to the user.", u => u.CustomAttributes),
        JsonOf("extra", "Fields of the user that have no other place; null when there are none.", Extra),
    ])
{
    private static IList<string>? NotEmpty(IList<string> list) => list.Count > 0 ? list : null;

    private static JObject? Extra(User u) => Remainder.Of(
        u.AdditionalProperties,
        [("address", u.Address?.AdditionalProperties), ("statistics", u.Statistics?.AdditionalProperties)],
        ("birthDate", u.BirthDate, u.BirthDateUtc),
        ("lastModifiedTime", u.LastModifiedTime, u.LastModifiedTimeUtc));
}
