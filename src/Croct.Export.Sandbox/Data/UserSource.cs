using System.Text.Json;

namespace Croct.Export.Sandbox.Data;

/// <summary>The users.</summary>
internal sealed class UserSource(SandboxOptions options)
    : ItemSource(options, options.UserCount, intervalMs: 300_000, offsetMs: 3_600_000, Purpose.UserId, Purpose.UserTime)
{
    public override string Path => "/user";

    public override string ItemName => "user";

    /// <summary>The id of a user in the system of the application, or null for an anonymous one.</summary>
    public string? ExternalIdOf(long index)
    {
        var draw = Draw.Of(Seed, Purpose.ExternalUser, index);
        return draw.Chance(60) ? $"customer-{index + 1000}" : null;
    }

    public override void Write(Utf8JsonWriter writer, long index)
    {
        var draw = Draw.Of(Seed, Purpose.User, index);
        var external = ExternalIdOf(index);
        var known = external is not null;
        var place = draw.Pick(Place.All);
        var (first, last) = (draw.Pick(Vocabulary.FirstNames), draw.Pick(Vocabulary.LastNames));

        writer.WriteStartObject();
        writer.WriteString("userId"u8, IdOf(index));
        writer.WriteString("externalUserId"u8, external);
        Personal("firstName"u8, first, 90, ref draw);
        Personal("lastName"u8, last, 90, ref draw);
        if (known && draw.Chance(50)) writer.WriteNumber("birthDate"u8, (draw.Below(20_000) - 5_000) * 86_400_000L);
        else writer.WriteNull("birthDate"u8);
        if (draw.Chance(80)) writer.WriteString("gender"u8, draw.Pick(Vocabulary.Genders));
        Personal("email"u8, $"{external}@mail.example", 80, ref draw);
        Personal("alternateEmail"u8, $"{external}@work.example", 10, ref draw);
        Personal("phone"u8, $"+{place.PhoneCode} 555 {1000 + draw.Below(9000)}", 40, ref draw);
        Personal("alternatePhone"u8, $"+{place.PhoneCode} 555 {1000 + draw.Below(9000)}", 10, ref draw);
        if (known && draw.Chance(50)) WriteAddress(writer, place, ref draw);
        Personal("avatar"u8, $"https://img.shop.example/{index}.png", 20, ref draw);
        Personal("company"u8, draw.Pick(Vocabulary.Companies), 30, ref draw);
        Personal("companyUrl"u8, "https://company.example/", 20, ref draw);
        Personal("jobTitle"u8, draw.Pick(Vocabulary.JobTitles), 30, ref draw);
        Vocabulary.WriteSome(writer, "activities"u8, Vocabulary.Activities, ref draw);
        Vocabulary.WriteSome(writer, "interests"u8, Vocabulary.Categories, ref draw);
        if (draw.Chance(60)) Vocabulary.WriteAttributes(writer, "customAttributes"u8, ref draw);
        writer.WriteNumber("lastModifiedTime"u8, TimeOf(index));
        if (draw.Chance(90))
        {
            writer.WriteStartObject("statistics"u8);
            writer.WriteNumber("orders"u8, draw.Below(12));
            writer.WriteNumber("sessions"u8, 1 + draw.Below(40));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();

        void Personal(ReadOnlySpan<byte> name, string value, int percent, ref Draw from)
        {
            if (known && from.Chance(percent)) writer.WriteString(name, value);
            else if (from.Chance(80)) writer.WriteNull(name);
        }
    }

    private static void WriteAddress(Utf8JsonWriter writer, Place place, ref Draw draw)
    {
        writer.WriteStartObject("address"u8);
        writer.WriteString("street"u8, $"{draw.Pick(Vocabulary.Streets)} {1 + draw.Below(300)}");
        if (draw.Chance(50)) writer.WriteNull("district"u8);
        writer.WriteString("city"u8, place.City);
        writer.WriteString("region"u8, place.RegionCode);
        writer.WriteString("country"u8, place.Country);
        if (draw.Chance(70)) writer.WriteString("postalCode"u8, place.PostalCode);
        writer.WriteEndObject();
    }
}
