using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Croct.Export.Models;

namespace Croct.Export.Cli.Formats;

/// <summary>
/// What the bytes of an item look like if everything in it is as the contract of this version says. Nearly all items are so, which this tells many times faster than
/// a model that is read and walked over; for what it does not tell, such as a number with an exponent, somebody has to look.
/// </summary>
internal sealed class KnownShape
{
    /// <summary>Shorter integers fit into 64 bits, and shorter fractions into any number of .NET without loss.</summary>
    private const int MaxDigits = 15;

    private static readonly ConcurrentDictionary<Type, KnownShape> Shapes = new();

    private readonly Member[] _members;
    private readonly byte[]? _discriminator;
    private readonly (byte[] Value, KnownShape Shape)[] _kinds;

    private KnownShape(Type model)
    {
        _members = [.. ModelMember.Of(model).Select(member => new Member(member))];
        var kinds = model.Assembly.GetTypes().Where(type => type.BaseType == model).ToList();
        if (kinds.Count == 0)
        {
            _kinds = [];
            return;
        }

        var discriminator = ModelMember.Of(model).Single(member => member.Property.Name == nameof(EventPayload.Type));
        _discriminator = Encoding.UTF8.GetBytes(discriminator.Name);
        _kinds = [.. kinds.Select(kind => (Encoding.UTF8.GetBytes(discriminator.Property.GetValue(Activator.CreateInstance(kind))!.ToString()!), Of(kind)))];
    }

    private enum Kind
    {
        Any,
        Text,
        Boolean,
        Int32,
        Int64,
        Number,
        Uuid,
        Texts,
        TextMap,
        Model,
        Models,
    }

    public static KnownShape Of(Type model) => Shapes.GetOrAdd(model, static model => new KnownShape(model));

    /// <summary>Whether there is surely nothing in an item that the contract does not say.</summary>
    /// <param name="item">An object that is known to be well-formed.</param>
    public bool IsShapeOf(ReadOnlySpan<byte> item)
    {
        var reader = new Utf8JsonReader(item, new JsonReaderOptions { MaxDepth = ItemContent.MaxDepth });
        reader.Read();
        return IsShapeOf(ref reader);
    }

    /// <param name="reader">It stands at the value, and then at its end.</param>
    private bool IsShapeOf(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        if (_discriminator is not null)
        {
            return KindOf(reader) is { } kind && kind.HasMembersOf(ref reader);
        }

        return HasMembersOf(ref reader);
    }

    private bool HasMembersOf(ref Utf8JsonReader reader)
    {
        var next = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Find(ref reader, ref next) is not { } member) return false;
            reader.Read();
            if (reader.TokenType != JsonTokenType.Null && !member.Holds(ref reader)) return false;
        }

        return true;
    }

    /// <summary>The member of that name. Members mostly come in the order of the contract, so it is first looked for after the one before.</summary>
    private Member? Find(ref Utf8JsonReader reader, ref int next)
    {
        for (var i = 0; i < _members.Length; i++)
        {
            var member = _members[next];
            next = next + 1 == _members.Length ? 0 : next + 1;
            if (reader.ValueSpan.SequenceEqual(member.Name)) return member;
        }

        return null;
    }

    /// <summary>The shape that the discriminator names, wherever it stands; null if it is none of the contract.</summary>
    private KnownShape? KindOf(Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = reader.ValueSpan.SequenceEqual(_discriminator);
            reader.Read();
            if (!isIt)
            {
                reader.Skip();
                continue;
            }

            foreach (var (value, shape) in _kinds)
            {
                if (reader.TokenType == JsonTokenType.String && reader.ValueSpan.SequenceEqual(value)) return shape;
            }

            return null;
        }

        return null;
    }

    private static bool IsWhole(ReadOnlySpan<byte> literal) => literal.Length <= MaxDigits && literal.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    private static bool IsUuid(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text, out Guid _, out var length, 'D') && length == text.Length;

    private sealed class Member
    {
        private readonly Kind _kind;
        private readonly byte[][]? _knownValues;
        private readonly Type? _model;
        private KnownShape? _shape;

        public Member(ModelMember member)
        {
            Name = Encoding.UTF8.GetBytes(member.Name);
            _knownValues = member.KnownValues is { } known ? [.. known.Select(Encoding.UTF8.GetBytes)] : null;
            _model = member.Model;
            var type = ModelMember.ValueTypeOf(member.Property);
            _kind = type == typeof(string) || _knownValues is not null ? Kind.Text
                : type == typeof(bool) ? Kind.Boolean
                : type == typeof(int) ? Kind.Int32
                : type == typeof(long) ? Kind.Int64
                : type == typeof(double) || type == typeof(decimal) ? Kind.Number
                : type == typeof(Guid) ? Kind.Uuid
                : type == typeof(IList<string>) ? Kind.Texts
                : type == typeof(IDictionary<string, string>) ? Kind.TextMap
                : type == _model ? Kind.Model
                : _model is not null ? Kind.Models
                : Kind.Any;
        }

        public byte[] Name { get; }

        /// <summary>The shape of its model, which is found out late: models are in one another.</summary>
        private KnownShape Shape => _shape ??= Of(_model!);

        /// <param name="reader">It stands at the value, and then at its end.</param>
        public bool Holds(ref Utf8JsonReader reader)
        {
            switch (_kind)
            {
                case Kind.Text:
                    return reader.TokenType == JsonTokenType.String && (_knownValues is null || IsKnown(reader.ValueSpan));
                case Kind.Boolean:
                    return reader.TokenType is JsonTokenType.True or JsonTokenType.False;
                case Kind.Int32:
                    return reader.TokenType == JsonTokenType.Number && IsWhole(reader.ValueSpan) && reader.TryGetInt32(out _);
                case Kind.Int64:
                    return reader.TokenType == JsonTokenType.Number && IsWhole(reader.ValueSpan);
                case Kind.Number:
                    return reader.TokenType == JsonTokenType.Number && reader.ValueSpan.Length <= MaxDigits && reader.ValueSpan.IndexOfAny((byte)'e', (byte)'E') < 0;
                case Kind.Uuid:
                    return reader.TokenType == JsonTokenType.String && IsUuid(reader.ValueSpan);
                case Kind.Texts:
                    if (reader.TokenType != JsonTokenType.StartArray) return false;
                    while (reader.Read() && reader.TokenType == JsonTokenType.String)
                    {
                    }

                    return reader.TokenType == JsonTokenType.EndArray;
                case Kind.TextMap:
                    if (reader.TokenType != JsonTokenType.StartObject) return false;
                    while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                    {
                        reader.Read();
                        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null)) return false;
                    }

                    return true;
                case Kind.Model:
                    return Shape.IsShapeOf(ref reader);
                case Kind.Models:
                    if (reader.TokenType != JsonTokenType.StartArray) return false;
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    {
                        if (!Shape.IsShapeOf(ref reader)) return false;
                    }

                    return true;
                default:
                    reader.Skip();
                    return true;
            }
        }

        private bool IsKnown(ReadOnlySpan<byte> text)
        {
            foreach (var known in _knownValues!)
            {
                if (text.SequenceEqual(known)) return true;
            }

            return false;
        }
    }
}
