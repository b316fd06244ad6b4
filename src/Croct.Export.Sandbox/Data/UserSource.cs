using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using static Croct.Export.Sandbox.Data.Fields;

namespace Croct.Export.Sandbox.Data;

/// <summary>The users.</summary>
internal sealed class UserSource(int seed, Growth growth, Timeline timeline, EventDeal deal, Grouping eventsOfSession, Grouping sessionsOfUser)
    : ItemSource(seed, timeline, Purpose.UserId)
{
    private const long DayMs = 86_400_000;

    public override long Count => growth.Users;

    public override string Path => "/user";

    public override SandboxStream Stream => SandboxStream.Users;

    public override string ItemName => "user";

    protected override string Schema => "User";

    /// <summary>Returns whether a user is known to the application, rather than anonymous.</summary>
    public bool HasAccount(long index) => Draw.Of(Seed, Purpose.Identity, index).Chance(60);

    /// <summary>The city where a user lives and visits from.</summary>
    public Place GetHome(long index) => Draw.Of(Seed, Purpose.Home, index).Pick(Place.Weighted);

    /// <summary>Writes the id of a user in the application's own system.</summary>
    public static void WriteExternalId(Utf8JsonWriter writer, long index)
    {
        Span<byte> text = stackalloc byte[32];
        Utf8.TryWrite(text, CultureInfo.InvariantCulture, $"customer-{index + 1000}", out var length);
        writer.WriteString("externalUserId"u8, text[..length]);
    }

    /// <summary>Writes that id where it is optional. For an anonymous user it is null or absent, the same in every item about the user.</summary>
    public void WriteOptionalExternalId(Utf8JsonWriter writer, long index)
    {
        if (HasAccount(index)) WriteExternalId(writer, index);
        else if (Draw.Of(Seed, Purpose.Anonymity, index).Chance(80)) writer.WriteNull("externalUserId"u8);
    }

    protected override void WriteByHand(Utf8JsonWriter writer, long index)
    {
        var draw = Draw.Of(Seed, Purpose.User, index);

        writer.WriteStartObject();
        writer.WriteString("userId"u8, GetId(index));
        WriteOptionalExternalId(writer, index);
        if (HasAccount(index)) WriteProfile(writer, index, ref draw);
        else if (draw.Chance(50)) WriteEmptyProfile(writer);
        WriteSome(writer, "activities"u8, Vocabulary.Activities, ref draw);
        WriteSome(writer, "interests"u8, Vocabulary.Interests, ref draw);
        if (draw.Chance(60)) WriteAttributes(writer, "customAttributes"u8, ref draw);
        writer.WriteNumber("lastModifiedTime"u8, Timeline.GetTime(index));
        if (draw.Chance(90) && sessionsOfUser.Size * eventsOfSession.Size <= Grouping.MaxCounted) WriteStatistics(writer, index, ref draw);
        writer.WriteEndObject();
    }

    /// <summary>Writes the number of sessions of the user and of the orders in them.</summary>
    private void WriteStatistics(Utf8JsonWriter writer, long index, ref Draw draw)
    {
        var (orders, sessions) = (0, 0);
        foreach (var session in sessionsOfUser.GetItems(index))
        {
            sessions++;
            foreach (var item in eventsOfSession.GetItems(session)) orders += deal.GetKind(item) == EventKind.OrderPlaced ? 1 : 0;
        }

        writer.WriteStartObject("statistics"u8);
        WriteOptional(writer, "orders"u8, orders, ref draw);
        WriteOptional(writer, "sessions"u8, sessions, ref draw);
        writer.WriteEndObject();
    }

    private void WriteProfile(Utf8JsonWriter writer, long index, ref Draw draw)
    {
        var home = GetHome(index);
        var (first, last) = (draw.Pick(Vocabulary.FirstNames), draw.Pick(Vocabulary.LastNames));
        WriteOptional(writer, "firstName"u8, first.Name, ref draw);
        WriteOptional(writer, "lastName"u8, last.Name, ref draw);
        WriteBirthDate(writer, ref draw);
        if (draw.Chance(80)) writer.WriteString("gender"u8, draw.Pick(Vocabulary.Genders));
        WriteOptional(writer, "email"u8, $"{first.Plain}.{last.Plain}{index}@mail.example", ref draw);
        WriteOptional(writer, "alternateEmail"u8, $"{last.Plain}{index}@work.example", ref draw);
        WriteOptional(writer, "phone"u8, $"+{home.PhoneCode} 555 {1000 + draw.Below(9000)}", ref draw);
        WriteOptional(writer, "alternatePhone"u8, $"+{home.PhoneCode} 555 {1000 + draw.Below(9000)}", ref draw);
        if (draw.Chance(60)) home.WriteAddress(writer, "address"u8, ref draw);
        WriteOptional(writer, "avatar"u8, $"https://img.shop.example/avatar/{index}.png", ref draw);
        WriteOptional(writer, "company"u8, draw.Pick(Vocabulary.Companies), ref draw);
        WriteOptional(writer, "companyUrl"u8, draw.Pick(Vocabulary.CompanyUrls), ref draw);
        WriteOptional(writer, "jobTitle"u8, draw.Pick(Vocabulary.JobTitles), ref draw);
    }

    private static void WriteEmptyProfile(Utf8JsonWriter writer)
    {
        writer.WriteNull("firstName"u8);
        writer.WriteNull("lastName"u8);
        writer.WriteNull("birthDate"u8);
        writer.WriteString("gender"u8, "UNKNOWN"u8);
        writer.WriteNull("email"u8);
        writer.WriteNull("phone"u8);
    }

    private static void WriteBirthDate(Utf8JsonWriter writer, ref Draw draw)
    {
        // From 1940 to 2004: dates before 1970 are negative.
        if (draw.Chance(50)) writer.WriteNumber("birthDate"u8, (draw.Below(23_400) - 10_950) * DayMs);
        else if (draw.Chance(50)) writer.WriteNull("birthDate"u8);
    }
}
