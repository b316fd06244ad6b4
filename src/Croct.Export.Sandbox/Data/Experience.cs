using System.Text.Json;
using static Croct.Export.Sandbox.Data.Fields;

namespace Croct.Export.Sandbox.Data;

/// <summary>The content that an audience sees in a slot, and the variant of the experiment.</summary>
internal sealed class Experience
{
    private readonly Guid _audienceId;
    private readonly Guid _slotId;
    private readonly Guid _experienceId;
    private readonly Guid _contentId;
    private readonly Guid _experimentId;
    private readonly Guid _variantId;
    private readonly Forms _metadata;
    private readonly JsonEncodedText _audienceName;
    private readonly JsonEncodedText _audienceCustomId;

    private Experience(int number, string audienceName, string audienceCustomId, string slotName, string slotCustomId, string name)
    {
        var draw = Draw.Of(0, Purpose.Experience, number);
        (_audienceId, _slotId, _experienceId) = (draw.Uuid(), draw.Uuid(), draw.Uuid());
        (_contentId, _experimentId, _variantId) = (draw.Uuid(), draw.Uuid(), draw.Uuid());
        (_audienceName, _audienceCustomId) = (Text(audienceName), Text(audienceCustomId));
        _metadata = new Forms(32, (writer, ref draw) =>
        {
            WriteNullable(writer, "audienceName"u8, _audienceName, ref draw);
            WriteNullable(writer, "audienceCustomId"u8, _audienceCustomId, ref draw);
            WriteNullable(writer, "slotName"u8, Text(slotName), ref draw);
            WriteNullable(writer, "slotCustomId"u8, Text(slotCustomId), ref draw);
            WriteNullable(writer, "experienceName"u8, Text(name), ref draw);
            WriteNullable(writer, "experimentName"u8, Text($"{name} A/B"), ref draw);
            WriteNullable(writer, "variantName"u8, Text("B"), ref draw);
        });
    }

    public static Experience[] All { get; } =
    [
        new(0, "Runners", "runners", "Home hero", "home-hero", "Winter running"),
        new(1, "Clientes de São Paulo", "sao-paulo", "Home hero", "home-hero", "Verão"),
        new(2, "Returning \"tea\" drinkers", "tea", "Banner", "banner", "お茶"),
        new(3, "Newcomers", "newcomers", "Footer", "footer", "Welcome"),
    ];

    public void Write(Utf8JsonWriter writer, ref Draw draw)
    {
        writer.WriteStartObject("personalization"u8);
        writer.WriteString("audienceId"u8, _audienceId);
        writer.WriteString("slotId"u8, _slotId);
        writer.WriteString("experienceId"u8, _experienceId);
        writer.WriteString("contentId"u8, _contentId);
        WriteSlotVersion(writer, ref draw);
        WriteVariant(writer, ref draw);
        WriteOptional(writer, "locale"u8, draw.Pick(Vocabulary.Locales), ref draw);
        writer.WriteEndObject();
        _metadata.Write(writer, "metadata"u8, ref draw);
    }

    public void WriteAudience(Utf8JsonWriter writer, ref Draw draw)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, _audienceId);
        WriteNullable(writer, "name"u8, _audienceName, ref draw);
        WriteNullable(writer, "customId"u8, _audienceCustomId, ref draw);
        writer.WriteEndObject();
    }

    private static void WriteSlotVersion(Utf8JsonWriter writer, ref Draw draw)
    {
        if (draw.Chance(30)) return;
        if (draw.Chance(20))
        {
            writer.WriteNull("slotVersion"u8);
            return;
        }

        writer.WriteStartObject("slotVersion"u8);
        if (draw.Chance(80)) writer.WriteString("majorVersion"u8, "2"u8);
        if (draw.Chance(80)) writer.WriteString("minorVersion"u8, "1"u8);
        writer.WriteEndObject();
    }

    private void WriteVariant(Utf8JsonWriter writer, ref Draw draw)
    {
        if (draw.Chance(40))
        {
            writer.WriteNull("assignedVariant"u8);
            return;
        }

        writer.WriteStartObject("assignedVariant"u8);
        if (draw.Chance(80)) writer.WriteString("experimentId"u8, _experimentId);
        if (draw.Chance(80)) writer.WriteString("variantId"u8, _variantId);
        writer.WriteEndObject();
    }
}
